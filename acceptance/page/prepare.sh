# Sourced by the commands of this folder with the path of the binary: finds what they need and keeps
# the packages in the cache directory, installed once for each list of versions. No browser comes with
# them: the one of the machine is used.

if [ $# -lt 1 ] || [ ! -x "$1" ]; then
    echo "usage: $0 PATH_TO_HEADCOUNT" >&2
    exit 2
fi
binary="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
lacks() {
    echo "acceptance/page needs $1; on Debian: apt-get install $2" >&2
    exit 1
}
for tool in node npm; do
    command -v "$tool" >/dev/null || lacks "$tool" 'nodejs npm'
done
browser="${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}"
[ -n "$browser" ] || lacks 'Chromium (or its path in CHROMIUM)' chromium
# Gives a process another date, so that the org has a past and its pictures are the same every day.
faketime="$(compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' | head -n 1 || true)"
[ -n "$faketime" ] || lacks 'libfaketime' libfaketime

cache="${XDG_CACHE_HOME:-$HOME/.cache}/headcount/acceptance"
modules="$cache/page-node-$(cat "$here/package.json" "$here/package-lock.json" | cksum | cut -d' ' -f1)"
if [ ! -f "$modules/installed" ]; then
    rm -rf "$modules"
    mkdir -p "$modules"
    cp "$here/package.json" "$here/package-lock.json" "$modules"
    npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel=error
    touch "$modules/installed"
fi

export PAGE_BINARY="$binary" PAGE_MODULES="$modules" PAGE_BROWSER="$browser" PAGE_FAKETIME="$faketime"
