#include "seg/plan/output_name.hpp"

#include <fstream>

#include "catch.hpp"
#include "test_files.hpp"

namespace fs = std::filesystem;
using namespace seg;

TEST_CASE("a path is written as a file's when it ends in a dot and a few letters") {
  for (const char* name : {"out.xyz", "a/out.nii.gz", "out.NRRD", "x.7/model.zip", "out.h5"})
    CHECK(is_written_as_file(name));
  for (const char* name : {"out", "out.2", "run.v2", "2024.05.01", "out.xyz/", "a.zip/out", ".",
                           "..", ".hidden", "out.segmentations", "out.a b", "out."})
    CHECK_FALSE(is_written_as_file(name));
}

TEST_CASE("an output that is to be a folder is refused when it looks like a file or is one") {
  const test::TemporaryFolder folder;
  CHECK_NOTHROW(require_folder_name(folder / "new"));
  CHECK_NOTHROW(require_folder_name(folder / "new.xyz/"));
  CHECK_THROWS_WITH(require_folder_name(folder / "new.xyz"), ContainsSubstring("with a slash"));
  fs::create_directory(folder / "old.xyz");
  CHECK_NOTHROW(require_folder_name(folder / "old.xyz"));
  std::ofstream(folder / "file") << "text";
  CHECK_THROWS_WITH(require_folder_name(folder / "file"), ContainsSubstring("is a file"));
}

TEST_CASE("an output that is to be a file has the ending of what is written") {
  const test::TemporaryFolder folder;
  CHECK_NOTHROW(require_file_name(folder / "a.zip", ".zip"));
  CHECK_NOTHROW(require_file_name(folder / "a.ZIP", ".zip"));
  for (const char* name : {"a.tar", "a", "a.zip.gz", ".zip"})
    CHECK_THROWS_WITH(require_file_name(folder / name, ".zip"),
                      ContainsSubstring("does not end in .zip"));
  CHECK_THROWS_WITH(require_file_name(folder.path(), ".zip"), ContainsSubstring("is a folder"));
}
