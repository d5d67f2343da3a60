# shellcheck shell=bash disable=SC2154 # sourced by run
# Debian's packages: installed, or unpacked into a folder. apt compares both with Debian's signed lists.

# Installs what is missing of some packages.
install_packages() {
    local package missing=()
    for package; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    update_lists
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Unpacks packages into a folder.
unpack() {
    local folder=$1 debs deb
    shift
    say "fetching $*"
    update_lists
    debs=$(mktemp -d "$cross/unfinished.XXXXXX")
    (
        cd "$debs" || exit
        apt-get download -qq -o "APT::Sandbox::User=$(id -un)" "$@"
    )
    for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$folder"; done
    rm -r "$debs"
}

# What a package depends on, directly.
dependencies() { apt-cache depends --important "$1" | sed -n 's/^ *Depends: \([^<]*\)$/\1/p'; }

# Old lists name packages that servers no longer have.
update_lists() {
    [ -z "${lists_are_new:-}" ] || return 0
    apt-get update -qq
    lists_are_new=yes
}
