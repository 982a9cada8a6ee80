#include <ATen/ATen.h>

#include <fstream>
#include <set>

#include "catch.hpp"
#include "run_seg.hpp"
#include "train/small_model.hpp"

using namespace seg;
using namespace seg::test;

namespace {

std::vector<Json> answers(const std::string& out) {
  std::vector<Json> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("scans of a list are segmented one after the other, each answered by a line of JSON") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  for (const char* name : {"a", "b"})
    write_small_scan(folder / (std::string("scans/") + name + "_0000.nii.gz"));
  const auto path = [&](const std::string& name) { return (folder / name).string(); };
  std::ofstream(folder / "list") << path("scans/a_0000.nii.gz") << "\n\n"
                                 << path("scans/none_0000.nii.gz") << '\n'
                                 << path("scans/b_0000.nii.gz") << '\t' << path("else/b.mha")
                                 << "\r\n";
  const auto listed = run_seg({"predict", "-m", path("model"), "--list", path("list"), "-o",
                               path("listed"), "--threads", "1"});
  CHECK(listed.exit_code == 1);
  CHECK(lines_with(listed.err, "error: ").size() == 1);
  const auto lines = answers(listed.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["case"] == "a");
  CHECK(lines[0]["output"] == path("listed/a.nii.gz"));
  CHECK(lines[0]["seconds"] > 0.0);
  CHECK(lines[1]["kind"] == "not_found");
  CHECK_THAT(lines[1]["error"].get<std::string>(), ContainsSubstring("none_0000.nii.gz"));
  CHECK(lines[2]["output"] == path("else/b.mha"));

  const auto whole = run_seg(
      {"predict", "-m", path("model"), "-i", path("scans"), "-o", path("whole"), "--threads", "1"});
  REQUIRE(whole.exit_code == 0);
  for (const auto& [made, name] : {std::pair{"listed/a.nii.gz", "a"}, {"else/b.mha", "b"}})
    CHECK(
        at::equal(data::read_label_map(folder / made).data,
                  data::read_label_map(folder / (std::string("whole/") + name + ".nii.gz")).data));
}

TEST_CASE("a scan whose spacing is probably in centimetres is told, of a list as of a folder") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  data::Geometry geometry;
  geometry.spacing = {0.1, 0.1, 0.1};
  data::write_image(folder / "scans/a_0000.nii.gz", at::rand({20, 20, 20}), geometry);
  const auto path = [&](const std::string& name) { return (folder / name).string(); };
  std::ofstream(folder / "list") << path("scans/a_0000.nii.gz") << '\n';
  for (const auto& [option, scans] : {std::pair{"-i", "scans"}, {"--list", "list"}}) {
    const auto outcome = run_seg({"predict", "-m", path("model"), option, path(scans), "-o",
                                  path(std::string("of_") + scans), "--threads", "1"});
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.err, ContainsSubstring("probably in centimetres"));
  }
}

TEST_CASE("a list replaces what seg made of the same scans, and nothing else") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  for (const char* name : {"a", "b"})
    write_small_scan(folder / (std::string("scans/") + name + "_0000.nii.gz"));
  const auto path = [&](const std::string& name) { return (folder / name).string(); };
  const auto listed = [&](const std::string& lines, const std::vector<std::string>& more = {}) {
    std::ofstream(folder / "list") << lines;
    std::vector<std::string> arguments{"predict",   "-m",         path("model"),
                                       "--list",    path("list"), "-o",
                                       path("out"), "--threads",  "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return answers(run_seg(arguments).out);
  };
  const std::string a = path("scans/a_0000.nii.gz"), b = path("scans/b_0000.nii.gz");
  const std::string both = a + '\n' + a + '\t' + path("one.mha") + '\n';
  for (int i = 0; i < 2; ++i)
    for (const Json& answer : listed(both)) CHECK_FALSE(answer.contains("error"));
  const auto refused = [&](const std::string& line, const std::string& file) {
    const std::string before = file_content(folder / file);
    const auto lines = listed(line);
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0]["error"].get<std::string>(),
               ContainsSubstring(path(file) + ": is there already") &&
                   ContainsSubstring("use --overwrite to replace it"));
    CHECK(file_content(folder / file) == before);
  };
  refused(b + '\t' + path("one.mha") + '\n', "one.mha");
  write_small_scan(folder / "more/a_0000.nii.gz");
  std::ofstream(folder / "out/a.nii.gz", std::ios::app) << "changed by hand";
  refused(a + '\n', "out/a.nii.gz");
  std::filesystem::create_directories(folder / "other");
  std::ofstream(folder / "mine.nii.gz") << "my labels";
  refused(b + '\t' + path("mine.nii.gz") + '\n', "mine.nii.gz");
  CHECK_FALSE(listed(b + '\t' + path("mine.nii.gz") + '\n', {"--overwrite"})[0].contains("error"));
}

TEST_CASE("a list tells which masks of an earlier segmentation it takes away") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  write_small_scan(folder / "scans/a_0000.nii.gz");
  std::ofstream(folder / "list") << (folder / "scans/a_0000.nii.gz").string() << '\n';
  const auto answer = [&](const std::vector<std::string>& more) {
    const std::vector<std::string> predict{"predict",
                                           "-m",
                                           (folder / "model").string(),
                                           "--list",
                                           (folder / "list").string(),
                                           "-o",
                                           (folder / "out").string(),
                                           "--threads",
                                           "1"};
    return answers(run_seg(extended(predict, more)).out).at(0);
  };
  CHECK_FALSE(answer({"--split-labels"}).contains("removed"));
  std::set<std::string> masks;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "out/a"))
    masks.insert(entry.path().string());
  REQUIRE_FALSE(masks.empty());
  CHECK_FALSE(answer({"--split-labels"}).contains("removed"));  // they are made again
  CHECK(answer({}).at("removed").get<std::set<std::string>>() == masks);
  for (const std::string& mask : masks) CHECK_FALSE(std::filesystem::exists(mask));
}

TEST_CASE("a list does not replace a dataset.json that is somebody's") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  write_small_scan(folder / "scans/a_0000.nii.gz");
  std::filesystem::create_directories(folder / "out");
  std::ofstream(folder / "out/dataset.json") << "{}";
  std::ofstream(folder / "list") << (folder / "scans/a_0000.nii.gz").string() << '\n';
  for (int run = 0; run < 2; ++run) {  // the first one leaves nothing that makes the folder seg's
    const auto listed =
        run_seg({"predict", "-m", (folder / "model").string(), "--list", (folder / "list").string(),
                 "-o", (folder / "out").string(), "--threads", "1"});
    CHECK(listed.exit_code == 1);
    CHECK_THAT(answers(listed.out).at(0)["error"].get<std::string>(),
               ContainsSubstring("dataset.json: is there already"));
    CHECK(file_content(folder / "out/dataset.json") == "{}");
  }
}

TEST_CASE("a list goes with no option that it would not obey") {
  const auto both = run_seg({"predict", "-m", "m", "-i", "s", "--list", "-", "-o", "o"});
  CHECK(both.exit_code == 2);
  const auto none = run_seg({"predict", "-m", "m", "-o", "o"});
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.err, ContainsSubstring("--list"));
}
