#!/usr/bin/env bash
# Tries a package in a root folder that never saw the source: try.sh PACKAGE ROOT. ROOT is an empty or
# new folder; debootstrap makes a Debian 12 in it. Needs root. Of a wheel the module is tried, too: it
# must find what the command found. pip of this machine brings what the wheel needs.
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
  *.whl)
    [ -f /etc/resolv.conf ] && cp /etc/resolv.conf "$root/etc/"
    inside apt-get update -q >/dev/null
    inside apt-get install -q -y --no-install-recommends python3-venv >/dev/null
    python=$(inside python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    rm -rf "$root/tmp/wheels" "$root/opt/venv"
    python3 -m pip download -q --only-binary :all: --python-version "$python" -d "$root/tmp/wheels" "$package" SimpleITK
    inside python3 -m venv /opt/venv
    inside /opt/venv/bin/pip install -q --no-index --find-links /tmp/wheels "/tmp/wheels/$(basename "$package")" SimpleITK
    program=/opt/venv/bin/seg ;;
  *) echo "try: $package is no .tar.xz, .deb or .whl" >&2; exit 2 ;;
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

[[ $package = *.whl ]] || exit 0
inside sh -c 'cd /tmp/try && exec /opt/venv/bin/python' <<'PYTHON'
import glob
import SimpleITK
import torch
import seg

model, = glob.glob("seg_work/*/results/nnUNetTrainer__nnUNetPlans__3d_fullres")
scan = SimpleITK.ReadImage(glob.glob("Dataset001_Phantom/imagesTs/*")[0])
made = seg.Predictor.from_folder(model).predict(
    SimpleITK.GetArrayFromImage(scan), scan.GetSpacing(), scan.GetOrigin(), scan.GetDirection())
written = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(glob.glob("segmentations/*.nii.gz")[0]))
differ = int((made != written).sum())
print(f"module seg {seg.__version__} beside torch {torch.__version__}: {differ} of {made.size} voxels differ"
      f" from the command's, {int((made > 0).sum())} are labelled")
raise SystemExit(differ != 0)
PYTHON
