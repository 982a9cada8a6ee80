#!/usr/bin/env bash
# Makes an installed seg independent of the machine that built it: relocate.sh PREFIX [--keep-torch]
#
# Copies the shared libraries that it needs into lib/seg, except those that every Debian 12 has (the C
# and C++ libraries), MPI's, which must be mpirun's own, and, with --keep-torch, LibTorch's, and has
# everything look for them there by relative paths. Collects the licences of all of it in share/doc/seg/NOTICE.
set -euo pipefail

prefix=$(realpath "$1")
keep_torch=no
[ "${2:-}" = --keep-torch ] && keep_torch=yes
here=$(cd "$(dirname "$0")" && pwd)
private=$(dirname "$(find "$prefix" -name 'libseg_*.so' | head -1)")
[ -d "$private" ] || private=$prefix/lib/seg
mkdir -p "$private"
command -v patchelf >/dev/null || { echo "relocate: patchelf is not installed" >&2; exit 1; }

# Of the C and C++ libraries a package must take the system's: drivers and other programs share them.
of_the_system='^(linux-vdso|ld-linux.*|libc|libm|libdl|libpthread|librt|libresolv|libstdc\+\+|libgcc_s)\.so'
of_torch='^lib(torch.*|c10.*|gomp.*|shm|cud.*|cub.*|cuf.*|cup.*|cus.*|curand.*|nv.*|nccl.*)\.so'

elf_files() { find "$1" -type f \( -name '*.so*' -o -path '*/bin/*' \) -exec sh -c \
  'head -c4 "$1" | grep -q ELF && echo "$1"' _ {} \;; }

needed() {
  local file
  while read -r file; do ldd "$file"; done < <(elf_files "$prefix" | grep -v /libseg_mpi.so) |
    awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u |
    grep -Ev "$of_the_system" | grep -v " $prefix/" || true
}

# What a library opens by name while it runs, so that ldd does not know of it.
opened_later() {
  case $1 in
    */libcudnn.so.*) compgen -G "${1%/*}/libcudnn_*.so.*" || true ;;
    */libnvrtc.so.*) compgen -G "${1%/*}/libnvrtc-builtins.so.*" || true ;;
  esac
}

needs=$(needed)
beside_torch=$(sed -n 's,^libtorch_cpu.so \(.*\)/torch/lib/.*,\1/nvidia,p' <<<"$needs")
copied=()
while read -r name file; do
  # Of CUDA's libraries LibTorch's own, not those of the toolkit that seg was compiled with.
  own=$(compgen -G "${beside_torch:-/none}/*/lib/$name" || true)
  file=${own:-$file}
  if [ $keep_torch = yes ] && [[ $name =~ $of_torch ]]; then continue; fi
  for library in "$file" $(opened_later "$file"); do
    copy=$private/$(basename "$library")
    cp -L "$library" "$copy"
    chmod u+w "$copy"
    copied+=("$library")
  done
done <<<"$needs"

# DCMTK reads the names and kinds of DICOM's elements from a file.
if [ -f "$private/libseg_dicom_seg.so" ]; then cp /usr/share/libdcmtk*/dicom.dic "$private/"; fi

# From the folder of a file to another one.
relative() { realpath -m --relative-to="$(dirname "$1")" "$2"; }
while read -r file; do
  paths="\$ORIGIN/$(relative "$file" "$private")"
  case $file in "$private"/*) paths="\$ORIGIN" ;; esac
  if [ $keep_torch = yes ]; then paths="$paths:\$ORIGIN/$(relative "$file" "$prefix/../torch/lib")"; fi
  library=$(dirname "$private")
  case $file in */_seg*.so) paths="\$ORIGIN/$(relative "$file" "$library"):$paths" ;; esac
  patchelf --set-rpath "$paths" "$file"
done < <(elf_files "$prefix")

mkdir -p "$prefix/share/doc/seg"
"$here/notice.sh" "${copied[@]}" >"$prefix/share/doc/seg/NOTICE"
echo "relocate: ${#copied[@]} libraries are in $private"
