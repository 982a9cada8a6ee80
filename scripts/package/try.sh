#!/usr/bin/env bash
# Tries a package in a root folder that never saw the source: try.sh PACKAGE ROOT. ROOT is an empty or
# new folder; debootstrap makes a Debian 12 in it. Needs root.
set -euo pipefail
package=$(realpath "$1")
root=$(realpath -m "$2")

[ -d "$root/usr" ] || debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >/dev/null
inside() { chroot "$root" /usr/bin/env -i HOME=/tmp PATH=/usr/local/bin:/usr/bin:/bin "$@"; }
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
trap 'umount "$root/proc"' EXIT

case $package in
  *.tar.xz)
    rm -rf "$root"/opt/seg*
    tar -xf "$package" -C "$root/opt"
    program=$(cd "$root" && ls -d opt/seg-*)/bin/seg
    program=/$program ;;
  *.deb)
    cp "$package" "$root/tmp/seg.deb"
    [ -f /etc/resolv.conf ] && cp /etc/resolv.conf "$root/etc/"
    inside apt-get update -q >/dev/null
    inside apt-get install -q -y --no-install-recommends /tmp/seg.deb >/dev/null
    program=/usr/bin/seg ;;
  *) echo "try: $package is neither a .tar.xz nor a .deb" >&2; exit 2 ;;
esac

inside "$program" --version
inside rm -rf /tmp/try
inside mkdir /tmp/try
seg() { inside sh -c 'cd /tmp/try && exec "$@"' sh "$program" "$@"; }
seg example-data Dataset001_Phantom --cases 6 --test-cases 1
seg plan Dataset001_Phantom
seg train seg_work/Dataset001_Phantom --config 3d --fold 0 --epochs 2 --iterations 2 --val-iterations 1 --batch-size 2
seg predict --model seg_work/Dataset001_Phantom/results/nnUNetTrainer__nnUNetPlans__3d_fullres \
  --input Dataset001_Phantom/imagesTs --output segmentations
ls "$root/tmp/try/segmentations"
