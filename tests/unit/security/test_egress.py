"""Which documents may leave the machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from aurelis.core.request import Source
from aurelis.security.egress import DocumentEgress, EgressRules


def _source(path: Path, language: str = "") -> Source:
    return Source(path.as_uri(), path, language)


def _write(path: Path, text: str = "text\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class _Hands:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _egress(folder: Path, *exclude: str, respect: bool = True, clock: _Hands | None = None) -> DocumentEgress:
    rules = EgressRules(folders=(folder,), exclude=exclude, respect_ignore_files=respect)
    return DocumentEgress(rules, monotonic=clock or _Hands())


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".env.local", ".ENV", "prod.env", "server.pem", "SERVER.PEM", "tls.key", "id_rsa", "id_ed25519.pub",
        "keystore.jks", "cert.p12", ".netrc", ".npmrc", ".pypirc", ".pgpass", ".git-credentials", "terraform.tfstate",
        "kubeconfig", "credentials.json",
        "secrets.yaml", "service-account-prod.json", ".ssh/config", ".aws/credentials",
        ".kube/config", ".docker/config.json", "deep/down/.env",
    ],
)  # fmt: skip
def test_key_files_never_leave(tmp_path: Path, name: str) -> None:
    """Names that hold keys are refused in any folder, any case, and no setting or negation lets them out."""
    path = _write(tmp_path / name)
    _write(tmp_path / ".gitignore", f"!{name}\n")
    refusal = _egress(tmp_path, "!**", f"!{name}").refusal(_source(path))
    assert refusal is not None
    assert path.name in refusal


def test_a_refusal_names_the_file_that_asks_for_it_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person finds the line that keeps a document here, be it the repository's, the clone's or their own."""
    home, work = tmp_path / "home", tmp_path / "home/work"
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    _write(home / ".gitconfig", "[core]\nexcludesFile = ~/.ignored\n")
    _write(home / ".ignored", "mine.py\n")
    _write(work / ".git/info/exclude", "clone.py\n")
    _write(work / "deep/.gitignore", "theirs.py\n")
    egress = _egress(work, "glob.py")
    ignore_file = "{} names it. Take it out of there if it may leave, or set privacy.respectIgnoreFiles to false."
    for name, reason in {
        "mine.py": ignore_file.format("~/.ignored"),
        "clone.py": ignore_file.format(".git/info/exclude"),
        "deep/theirs.py": ignore_file.format("deep/.gitignore"),
        "glob.py": "the setting privacy.exclude names it. Change that if it may leave.",
        ".env": "files of this name hold keys or passwords. Give it another name if it holds none.",
    }.items():
        path = _write(work / name)
        assert egress.refusal(_source(path)) == f"{path.name} stays here: {reason}"


@pytest.mark.parametrize("name", ["secrets.py", "credentials.go", "environment.py", "keyboard.ts", "main.py", "a.keys"])
def test_program_text_about_keys_may_leave(tmp_path: Path, name: str) -> None:
    """Source files named after their subject are judged by content, not by name."""
    assert _egress(tmp_path).refusal(_source(_write(tmp_path / name))) is None


@pytest.mark.parametrize(
    ("globs", "name", "refused"),
    [
        (("docs/",), "docs/a.md", True),
        (("docs/",), "src/docs/a.md", True),
        (("/docs/",), "src/docs/a.md", False),
        (("*.gen.py",), "deep/x.gen.py", True),
        (("*.gen.py", "!keep.gen.py"), "keep.gen.py", False),
        (("src/**/private",), "src/a/b/private/x.py", True),
        (("Private.py",), "private.PY", True),
        ((), "a.py", False),
    ],
)
def test_globs_follow_gitignore_rules(tmp_path: Path, globs: tuple[str, ...], name: str, *, refused: bool) -> None:
    """`privacy.exclude` reads like a .gitignore of the workspace folder; case does not matter."""
    assert (_egress(tmp_path, *globs).refusal(_source(_write(tmp_path / name))) is not None) is refused


@pytest.mark.parametrize("kind", [".gitignore", ".aiexclude", ".cursorignore", ".copilotignore", ".aurelisignore"])
def test_ignore_files_are_respected(tmp_path: Path, kind: str) -> None:
    """An ignore file above a document keeps it here, unless the user turned that off."""
    _write(tmp_path / "src" / kind, "secret.py\nbuild/\n")
    hidden = _source(_write(tmp_path / "src/deep/secret.py"))
    beneath = _source(_write(tmp_path / "src/build/x/y.py"))
    beside = _source(_write(tmp_path / "secret.py"))
    egress = _egress(tmp_path)
    assert kind in (egress.refusal(hidden) or "")
    assert kind in (egress.refusal(beneath) or "")
    assert egress.refusal(beside) is None
    assert _egress(tmp_path, respect=False).refusal(hidden) is None


def test_a_nearer_ignore_file_decides_as_in_git(tmp_path: Path) -> None:
    """A nested file may take back what its parent said of files, but not of an excluded folder."""
    _write(tmp_path / ".gitignore", "*.log\nout/\n")
    _write(tmp_path / "a/.gitignore", "!kept.log\n")
    _write(tmp_path / "out/.gitignore", "!kept.py\n")
    egress = _egress(tmp_path)
    assert egress.refusal(_source(_write(tmp_path / "a/kept.log"))) is None
    assert egress.refusal(_source(_write(tmp_path / "a/other.log"))) is not None
    assert egress.refusal(_source(_write(tmp_path / "out/kept.py"))) is not None


def test_one_kind_of_ignore_file_cannot_let_out_what_another_keeps(tmp_path: Path) -> None:
    """A negation in .gitignore does not lift .aiexclude."""
    _write(tmp_path / ".aiexclude", "*.py\n")
    _write(tmp_path / ".gitignore", "!*.py\n")
    assert _egress(tmp_path).refusal(_source(_write(tmp_path / "a.py"))) is not None


def test_a_changed_ignore_file_is_read_again(tmp_path: Path) -> None:
    """After the short time for which a decision is believed, a changed or new file counts."""
    clock = _Hands()
    egress = _egress(tmp_path, clock=clock)
    source = _source(_write(tmp_path / "a.py"))
    assert egress.refusal(source) is None
    _write(tmp_path / ".gitignore", "a.py\n")
    clock.now = 2.0
    assert egress.refusal(source) is not None
    _write(tmp_path / ".gitignore", "other.py\n")
    clock.now = 4.0
    assert egress.refusal(source) is None
    (tmp_path / ".gitignore").unlink()
    clock.now = 6.0
    assert egress.refusal(source) is None


def test_case_is_folded_where_the_file_system_folds_it(tmp_path: Path) -> None:
    """On a file system without case an ignore file means any spelling."""
    _write(tmp_path / ".gitignore", "Private/\n")
    source = _source(_write(tmp_path / "private/a.py"))
    for fold, refused in ((True, True), (False, False)):
        egress = DocumentEgress(EgressRules((tmp_path,), fold_case=fold), monotonic=_Hands())
        assert (egress.refusal(source) is not None) is refused


def test_settled_ignore_files_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ignore file that has not changed for a while is not parsed for each decision."""
    read: list[Path] = []
    real = Path.read_text

    def counting(path: Path, *arguments: str, **named: str) -> str:
        read.append(path)
        return real(path, *arguments, **named)

    ignore = _write(tmp_path / ".gitignore", "x.py\n")
    source = _source(_write(tmp_path / "a.py"))
    for path in (ignore, tmp_path):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    monkeypatch.setattr(Path, "read_text", counting)
    clock = _Hands()
    egress = _egress(tmp_path, clock=clock)
    for second in range(0, 10, 2):
        clock.now = float(second)
        assert egress.refusal(source) is None
    assert read == [ignore]


def test_an_ignore_file_that_cannot_be_read_excludes_everything(tmp_path: Path) -> None:
    """Where wishes are unknown, nothing beneath leaves."""
    _write(tmp_path / "a/.aiexclude", "#" * 1_000_001)
    assert _egress(tmp_path).refusal(_source(_write(tmp_path / "a/b.py"))) is not None
    assert _egress(tmp_path).refusal(_source(_write(tmp_path / "c.py"))) is None


@pytest.mark.skipif(os.name == "nt", reason="creating links needs a privilege on Windows")
def test_links_are_judged_at_both_ends(tmp_path: Path) -> None:
    """Neither a harmless name for a key file nor a key file's name for a harmless file lets it out."""
    key = _write(tmp_path / "elsewhere/id_rsa")
    plain = _write(tmp_path / "work/notes.txt")
    (tmp_path / "work/readme.md").symlink_to(key)
    (tmp_path / "work/.env").symlink_to(plain)
    (tmp_path / "linked").symlink_to(tmp_path / "elsewhere")
    egress = _egress(tmp_path / "work")
    assert egress.refusal(_source(tmp_path / "work/readme.md")) is not None
    assert egress.refusal(_source(tmp_path / "work/.env")) is not None
    assert egress.refusal(_source(plain)) is None


def test_large_files_stay(tmp_path: Path) -> None:
    """Size has a limit of its own, in bytes."""
    rules = EgressRules((tmp_path,), max_bytes=10)
    egress = DocumentEgress(rules, monotonic=_Hands())
    assert egress.refusal(_source(_write(tmp_path / "big.py", "x" * 11))) is not None
    assert egress.refusal(_source(_write(tmp_path / "small.py", "x" * 10))) is None


def test_untitled_documents_are_judged_by_name(tmp_path: Path) -> None:
    """A document without a file may leave unless its name is one that holds keys or that a glob names."""
    egress = _egress(tmp_path, "draft*")
    assert egress.refusal(Source("untitled:Untitled-1", None)) is None
    assert egress.refusal(Source("untitled:.env", None)) is not None
    assert egress.refusal(Source("untitled:draft-2", None)) is not None


def test_a_link_is_judged_by_the_name_that_the_editor_shows(tmp_path: Path) -> None:
    """A path whose links were resolved before does not hide that the document is called `.env`."""
    plain = _write(tmp_path / "plain.py")
    shown = tmp_path / ".env"
    shown.symlink_to(plain)
    assert _egress(tmp_path).refusal(Source(plain.as_uri(), plain)) is None
    assert _egress(tmp_path).refusal(Source(shown.as_uri(), plain)) is not None
    assert _egress(tmp_path).refusal(Source(shown.as_uri().replace(".env", "%2Eenv"), plain)) is not None


@pytest.mark.parametrize(
    ("uri", "refused"),
    [
        ("vscode-vfs://github/owner/project/private/plan.py", True),
        ("vscode-vfs://github/owner/project/.ssh/config", True),
        ("vscode-vfs://github/owner/project/%2Eenv", True),
        ("vscode-remote://ssh/home/me/project/src/plan.py", False),
        ("untitled:private/plan.py", True),
    ],
)
def test_documents_of_virtual_workspaces_are_judged_by_their_address(
    tmp_path: Path, uri: str, *, refused: bool
) -> None:
    """Without a file on this machine, every folder in the address counts."""
    assert (_egress(tmp_path, "private/**").refusal(Source(uri, None)) is not None) is refused


@pytest.mark.parametrize("name", ["a" * 300 + "/x.py", "x\0/y.py", "/".join(["deep"] * 900) + "/x.py"])
def test_a_path_that_no_file_can_have_is_judged_by_its_name(tmp_path: Path, name: str) -> None:
    """An editor may show what it could not save."""
    egress = _egress(tmp_path, "secret/")
    for folder in (tmp_path, Path("/elsewhere")):
        path = folder / name
        uri = "file:///" + name.replace("\0", "%00")
        assert egress.refusal(Source(uri, path)) is None
        assert egress.refusal(Source(uri, path.with_name("id_rsa"))) is not None


def test_refusals_are_told_once_per_decision(tmp_path: Path) -> None:
    """The security event names the document, not its folder."""
    told: list[str] = []
    egress = DocumentEgress(EgressRules((tmp_path,)), told.append, _Hands())
    for _ in range(3):
        egress.refusal(_source(tmp_path / ".env"))
    assert told == [".env"]


def test_a_repeated_question_is_cheap(tmp_path: Path) -> None:
    """A decision that is still believed costs less than 50 microseconds and no look at the disk."""
    egress = _egress(tmp_path)
    source = _source(_write(tmp_path / "a/b/c/d.py"))
    egress.refusal(source)
    best = min(_seconds(egress, source) for _ in range(20))
    assert best < 50e-6


def _seconds(egress: DocumentEgress, source: Source) -> float:
    started = time.perf_counter()
    for _ in range(100):
        egress.refusal(source)
    return (time.perf_counter() - started) / 100
