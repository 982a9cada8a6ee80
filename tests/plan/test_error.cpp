#include "seg/plan/error.hpp"

#include <cerrno>

#include "catch.hpp"
#include "seg/plan/assert.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/joined.hpp"
#include "test_files.hpp"

using namespace seg;

TEST_CASE("an error keeps its parts and tells them in one line") {
  const Error plain("scan.nii.gz", "is truncated", "copy it again");
  CHECK(plain.kind() == ErrorKind::bad_input);
  CHECK(std::string(plain.what()) == "scan.nii.gz: is truncated; copy it again");
  CHECK(std::string(Error("scan.nii.gz", "is truncated").what()) == "scan.nii.gz: is truncated");
  const Error copy = plain;
  CHECK(copy.parts().remedy == "copy it again");

  const Error setting(SettingValue{"device", "tpu"}, "is no device", "use cpu");
  CHECK(setting.kind() == ErrorKind::bad_setting);
  CHECK(setting.parts().setting == "device");
  CHECK(std::string(setting.what()) == "device tpu: is no device; use cpu");
}

TEST_CASE("what cannot be written says whether the disk is full") {
  const test::TemporaryFolder folder;
  for (const int code : {ENOSPC, EDQUOT})
    CHECK(cannot_write(folder / "file", code).kind() == ErrorKind::no_space);
  const Error refused = cannot_write(folder / "file", EACCES);
  CHECK(refused.kind() == ErrorKind::not_writable);
  CHECK(refused.parts().where == (folder / "file").string());
  CHECK(refused.parts().problem == "cannot be written (Permission denied)");
}

TEST_CASE("a file that is not there is a kind of error") {
  try {
    read_json("nowhere/plans.json");
    FAIL("was read");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::not_found);
  }
}

TEST_CASE("texts are joined with what goes between them") {
  const std::vector<std::string> none, one{"a"}, three{"", "b", "c"};
  CHECK(joined(none) == "");
  CHECK(joined(one) == "a");
  CHECK(joined(three, "-") == "-b-c");
}

TEST_CASE("assertions fire in builds that have them and cost nothing in others") {
  int looked_at = 0;
  const auto is_true = [&](bool value) { return ++looked_at, value; };
#ifdef SEG_ASSERTIONS
  CHECK_THROWS_AS(SEG_ASSERT(is_true(false)), std::logic_error);
  CHECK_NOTHROW(SEG_ASSERT(is_true(true)));
  CHECK(looked_at == 2);
#else
  CHECK_NOTHROW(SEG_ASSERT(is_true(false)));
  CHECK(looked_at == 0);
#endif
}
