"""The openai package as the product imports it: the same names, without what nobody asks for."""

from __future__ import annotations

import json
import subprocess
import sys

PUT_OFF = "from aurelis.providers.transport.sdk import openai"
NAMES = """
import json, importlib, sys
packages = ["openai", "openai.lib", "openai.types"]
packages += ["openai.types." + name for name in ("chat", "responses", "shared", "beta")]
found = {}
for package in packages:
    module = importlib.import_module(package)
    for name in sorted(dir(module)):
        if not name.startswith("_"):
            value = getattr(module, name)
            found[f"{package}.{name}"] = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value)}"
print(json.dumps({name: value for name, value in found.items() if " at 0x" not in value}))
"""


def _names(imports: str) -> dict[str, str]:
    program = f"{imports}\n{NAMES}"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    names: dict[str, str] = json.loads(done.stdout)
    return names


def test_every_name_that_the_package_exports_is_what_it_is_without_us() -> None:
    """Whoever imports a type from the package gets the type that the package's own import would have given."""
    plain, ours = _names("import openai"), _names(PUT_OFF)

    # Submodules become attributes once something imports them, so only names of types are compared.
    types = {name: value for name, value in plain.items() if name.rpartition(".")[2][0].isupper()}
    assert len(types) > 300
    assert {name: ours.get(name) for name in types} == types


def test_an_unknown_name_is_an_attribute_error_that_says_which() -> None:
    """A name that is in none of the packages is told as Python tells it."""
    program = f"{PUT_OFF}\ntry:\n    openai.types.NoSuchType\nexcept AttributeError as error:\n    print(error)"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "module 'openai.types' has no attribute 'NoSuchType'"


def test_what_nobody_asks_for_is_not_imported() -> None:
    """The types of fine-tuning, parsed answers and the like stay out of memory; the finder is gone after the import."""
    program = f"""
import sys
before = list(sys.meta_path)
{PUT_OFF}
print(sys.meta_path == before, sum(name.startswith("openai.types.") for name in sys.modules))
client = openai.AsyncOpenAI(api_key="none")
unwanted = ("openai.types.fine_tuning.fine_tuning_job", "openai.types.chat.chat_completion", "openai.lib._parsing")
print([name for name in unwanted if name in sys.modules], client.models.__class__.__name__)
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)

    first, second = done.stdout.splitlines()
    unchanged, imported = first.split()
    assert unchanged == "True"
    assert int(imported) < 50
    assert second == "[] AsyncModels"
