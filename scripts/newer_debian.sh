# Sourced by scripts that take a program from a newer Debian than this machine runs; nothing on the system is changed.
#
# unpack_newer_debian PACKAGE FOLDER: puts the package and all that it needs, that suite's own C library included, into
# FOLDER/root, through the mirror that this system's apt already uses; apt checks the signatures. Needs apt and dpkg-deb.

SUITE=forky
ATTEMPTS=3

unpack_newer_debian() {
  local package=$1 work=$2 tool mirror attempt archive
  for tool in apt-get dpkg-deb; do
    command -v "$tool" >/dev/null || { echo "This script needs $tool, of Debian or a relative." >&2; exit 2; }
  done
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 '/debian/\?$' || true)
  if [ -z "$mirror" ]; then
    echo "None of this system's apt sources is a Debian mirror." >&2
    exit 2
  fi
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
  : >"$work/status"
  cat >"$work/debian.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: $SUITE
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
  for attempt in $(seq "$ATTEMPTS"); do
    fetch_newer_debian "$package" "$work" && break
    [ "$attempt" -lt "$ATTEMPTS" ] || { echo "Downloading $package from Debian $SUITE failed." >&2; exit 1; }
    sleep $((attempt * 5))
  done
  for archive in "$work"/cache/archives/*.deb; do
    dpkg-deb --extract "$archive" "$work/root"
  done
  rm -rf "$work/lists" "$work/cache" "$work/status" "$work/debian.sources"
}

fetch_newer_debian() {
  newer_apt "$2" update && newer_apt "$2" install --yes --download-only "$1" >/dev/null
}

# apt with lists, sources and state of its own, so that the system's are neither read nor written.
newer_apt() {
  local work=$1
  shift
  apt-get -qq \
    -o Acquire::Retries=5 \
    -o APT::Install-Recommends=false \
    -o APT::Sandbox::User="$(id -un)" \
    -o Debug::NoLocking=true \
    -o Dir::Cache="$work/cache" \
    -o Dir::Etc::SourceList="$work/debian.sources" \
    -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" \
    -o Dir::State::Status="$work/status" \
    "$@"
}
