#!/usr/bin/env bash
# Installs the litellm package, with which the sandbox is tested, into an environment of its own: it wants another openai
# than the product. The tests look for it where locked_environment.sh puts it.
#
# usage: scripts/litellm.sh [FOLDER]
exec "$(dirname "$0")/locked_environment.sh" litellm "$@"
