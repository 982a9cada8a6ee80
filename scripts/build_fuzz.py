#!/usr/bin/env python3
"""Builds the fuzz targets for fuzz.sh: build_fuzz.py COMPILER BUILD OUT.

A part of the libraries, that which reads files, is compiled with clang's sanitizers in a few units.
Folders and libraries are those of BUILD, which g++ made: clang has no OpenMP beside LibTorch's.
The part that reads DICOM is a library of its own, as in seg; without GDCM it is left out.
"""
import concurrent.futures
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
READERS = {
    "plan": ["libplan/src/*.cpp"],
    "image": ["libdata/src/base/*.cpp", "libdata/src/image/*.cpp"],
    "arrays": ["libdata/src/store/npy.cpp", "libdata/src/preprocess/split*.cpp"],
    "weights": ["libnet/src/weights/pickle_*.cpp", "libnet/src/weights/legacy_checkpoint.cpp",
                "libnet/src/weights/read_checkpoint.cpp", "libnet/src/weights/checkpoint_value.cpp"],
    "model": ["libtrain/src/model/zip_archive.cpp", "libtrain/src/model/install_model.cpp",
              "libtrain/src/predict/probabilities.cpp"],
    "targets": ["tests/fuzz/*.cpp"],
}
DICOM = "lib/seg/libseg_dicom.so"
FLAGS = ["-std=c++20", "-O1", "-g1", "-DNDEBUG", "-fno-omit-frame-pointer",
         "-fsanitize=fuzzer-no-link,address,undefined", "-fno-sanitize-recover=undefined", "-w"]
# ITK's headers as Debian ships them know no compiler but the one that built them.
ITK_SHIM = """#pragma push_macro("__GNUC__")
#undef __clang__
#undef __GNUC__
#define __GNUC__ 12
#include <itk_compiler_detection.h>
#define __clang__ 1
#pragma pop_macro("__GNUC__")
"""


def include_flags(build):
    """-I, -isystem and -D of all libraries together; plugins lie beside the program."""
    flags = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for word, following in zip(words, words[1:] + [""]):
            found = [word, following] if word == "-isystem" else [word]
            # GCC's own folder of headers holds what only GCC understands.
            wanted = re.match(r"-I|-isystem|-DSEG_(?!PLUGIN_FOLDER)", word)
            if wanted and found not in flags and "/gcc/" not in found[-1]:
                flags.append(found)
    own = [f"-I{ROOT}/lib{name}/{part}" for name in ("plan", "data", "net", "train")
           for part in ("include", "src")]
    return own + [word for found in flags for word in found] + ['-DSEG_PLUGIN_FOLDER="."']


def libraries(build, target):
    """What the program seg or a plugin is linked with, without seg's own libraries."""
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands", target], check=True,
                              capture_output=True, text=True).stdout
    words = shlex.split(commands.strip().splitlines()[-1])
    after = words[words.index(target) + 1:]
    kept = [word for word in after if not re.search(r"libseg_|/lib(plan|data|net|train)/|^&&$|^:$", word)]
    return [word for word in kept if word.startswith(("/", "-l", "-L", "-Wl"))]


def sources_of(patterns, build):
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    built_in = [build / "libplan" / "built_in_config.cpp"] if "libplan" in patterns[0] else []
    return found + built_in


def is_older(target, sources):
    return not target.exists() or any(path.stat().st_mtime > target.stat().st_mtime for path in sources)


def dicom_plugin(compiler, build, out, flags):
    """The command that makes it beside the program; None where that is not needed."""
    source, target = ROOT / "libdata/plugins/dicom.cpp", out / "libseg_dicom.so"
    if not (build / DICOM).exists() or not is_older(target, [source, pathlib.Path(__file__)]):
        return None
    return [compiler, *flags, "-fPIC", "-shared", source, "-o", target, *libraries(build, DICOM)]


def main():
    compiler, build, out = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]).resolve()
    headers = [path for name in ("plan", "data", "net", "train") for path in ROOT.glob(f"lib{name}/**/*.hpp")]
    flags = FLAGS + include_flags(build)
    objects, commands = [], []
    cache = [shutil.which("ccache")] if shutil.which("ccache") else []
    for name, patterns in READERS.items():
        sources = sources_of(patterns, build)
        unit, target = out / f"{name}.cpp", out / f"{name}.o"
        shim = ITK_SHIM if name == "image" else ""
        unit.write_text(shim + "".join(f'#include "{path}"\n' for path in sources))
        objects.append(target)
        # What a unit holds is told by this script.
        if is_older(target, [*sources, *headers, pathlib.Path(__file__)]):
            commands.append([*cache, compiler, *flags, "-c", unit, "-o", target])
    if plugin := dicom_plugin(compiler, build, out, flags):
        commands.append(plugin)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda command: subprocess.run(command, check=True), commands))
    program = out / "seg_fuzz"
    if is_older(program, objects):
        subprocess.run([compiler, "-fsanitize=fuzzer,address,undefined", "-rdynamic", *objects, "-o", program,
                        *libraries(build, "apps/seg"), "-lz"], check=True)


main()
