#include <sstream>

#include "catch.hpp"
#include "check.hpp"
#include "json_difference.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace {

using seg::Json;
using seg::test::contains;

struct Run {
  int code = 0;
  std::string output;
};

Run check(const std::filesystem::path& folder) {
  std::ostringstream out;
  const int code = seg::oracles::check_oracles({folder}, out);
  return {code, out.str()};
}

}  // namespace

TEST_CASE("the committed cases are all well") {
  const Run run = check(seg::test::committed_files() / "oracles");
  CHECK(run.code == 0);
  CHECK(contains(run.output, "planner: 3 cases, 0 failed"));
}

TEST_CASE("one wrong number in a recorded case is found and named") {
  seg::test::TemporaryFolder folder;
  Json recorded =
      seg::read_json(seg::test::committed_files() / "oracles" / "planner" / "case_001.json");
  recorded["plans"]["configurations"]["3d_fullres"]["patch_size"][0] = 32;
  seg::write_json(folder / "planner" / "case_001.json", recorded);
  const Run run = check(folder.path());
  CHECK(run.code == 1);
  CHECK(contains(run.output, "FAIL"));
  CHECK(contains(run.output, "/configurations/3d_fullres/patch_size/0: expected 32, got 24"));
}

TEST_CASE("a case that cannot be replayed fails and the others go on") {
  seg::test::TemporaryFolder folder;
  const auto good = seg::test::committed_files() / "oracles" / "planner" / "case_002.json";
  seg::write_json(folder / "planner" / "case_000.json", seg::read_json(good));
  seg::write_json(folder / "planner" / "case_001.json", Json{{"planner", "Unknown"}});
  const Run run = check(folder.path());
  CHECK(run.code == 1);
  CHECK(contains(run.output, "planner: 2 cases, 1 failed"));
}

TEST_CASE("folders without a checker are named, and nothing to check is not success") {
  seg::test::TemporaryFolder folder;
  seg::write_json(folder / "mystery" / "manifest.json", Json{{"topic", "mystery"}});
  const Run run = check(folder.path());
  CHECK(run.code == 2);
  CHECK(contains(run.output, "mystery: no topic checks this yet"));
}

TEST_CASE("a recognised folder without any case fails") {
  seg::test::TemporaryFolder folder;
  seg::write_json(folder / "crossval" / "manifest.json", Json{{"splits", Json::array()}});
  const Run run = check(folder.path());
  CHECK(run.code == 1);
  CHECK(contains(run.output, "the folder holds no case"));
}

TEST_CASE("JSON is compared by key order, type and relative size of numbers") {
  const auto difference = [](const char* expected, const char* actual) {
    return seg::oracles::json_difference(Json::parse(expected), Json::parse(actual));
  };
  CHECK(difference("[1e6, 2]", "[1000000.0001, 2]").largest == Approx(1e-10));
  CHECK(difference("[1e6, 2]", "[1000000.0001, 2]").fault.empty());
  CHECK_FALSE(difference("[1.0]", "[1.001]").fault.empty());
  CHECK_FALSE(difference("[1.0]", "[1]").fault.empty());
  CHECK_FALSE(difference(R"({"a": 1, "b": 2})", R"({"b": 2, "a": 1})").fault.empty());
  CHECK_FALSE(difference("[1, 2]", "[1]").fault.empty());
}
