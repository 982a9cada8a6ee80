#include <algorithm>
#include <filesystem>
#include <functional>
#include <sstream>

#include "catch.hpp"
#include "check.hpp"
#include "json_difference.hpp"
#include "skip.hpp"
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

TEST_CASE("the committed plans are all well") {
  const Run run = check(seg::test::committed_files() / "oracles" / "planner");
  CHECK(run.code == 0);
  CHECK(contains(run.output, "planner: 4 cases, 0 failed"));
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

namespace {

/// A recorded folder, one expected number in it that is made wrong, and the case that must notice.
struct BrokenNumber {
  std::string folder;  ///< below oracles
  std::function<void(const std::filesystem::path& copy)> spoil;
  std::string noticed_by;
  std::vector<std::string> files{};  ///< what else it needs of a large folder; empty: all of it
};

std::function<void(const std::filesystem::path&)> in_file(
    const std::string& name, const std::function<void(Json&)>& change) {
  return [name, change](const std::filesystem::path& copy) {
    Json content = seg::read_json(copy / name);
    change(content);
    seg::write_json(copy / name, content);
  };
}

/// For numbers in the manifest; cases that take long may be left out there too.
std::function<void(const std::filesystem::path&)> in_manifest(
    const std::function<void(Json&)>& change) {
  return in_file("manifest.json", change);
}

void add(Json& number, double difference) { number = number.get<double>() + difference; }

void keep_first(Json& list, std::size_t index = 0) { list = Json::array({list.at(index)}); }

void change_spacing(const std::filesystem::path& copy) {
  Json fingerprint = seg::read_json(copy / "dataset_fingerprint.json");
  add(fingerprint["spacings"][0][1], 0.25);
  seg::write_json(copy / "dataset_fingerprint.json", fingerprint);
  std::filesystem::remove(copy / "nnUNetPlans.json");
}

/// Leaves the prediction of one small scan.
void shorten_inference(Json& manifest) {
  for (const char* list : {"variants", "geometry"}) manifest[list] = Json::array();
  manifest.erase("forward_3d");
  keep_first(manifest["other_sizes"]);
  add(manifest["other_sizes"][0]["shape"][0], 1);
}

const std::vector<BrokenNumber>& broken_numbers() {
  static const std::vector<BrokenNumber> all{
      {"pipeline/losses", in_manifest([](Json& m) { add(m["cases"][1]["value"], 1e-3); }),
       "dc_ce_ignore_bd0"},
      {"pipeline/em2d", in_manifest([](Json& m) { m["example"]["bbox"][1][1] = 511; }), "example"},
      {"pipeline/crossval",
       in_manifest([](Json& m) { m["numpy_mt19937"]["shuffles"]["6"][0] = 4; }), "shuffle of 6"},
      {"pipeline/normalization",
       in_manifest([](Json& m) { add(m["intensity_properties"]["std"], 1); }), "CTNormalization"},
      {"pipeline/resampling",
       in_manifest([](Json& m) { m["compute_new_shape"][1]["result"][2] = 1; }),
       "compute_new_shape 1"},
      {"pipeline/torch_resampling", in_manifest([](Json& m) {
         keep_first(m["cases"], 12);
         m["plans"] = Json::array();
         m["cases"][0]["kwargs"]["separate_z_anisotropy_threshold"] = 6;
       }),
       "case 12"},
      {"pipeline/patch_sampling",
       in_manifest([](Json& m) { m["bbox_cases"][3]["bbox_lower"][0] = 77; }), "box 3"},
      {"pipeline/transforms",
       in_manifest([](Json& m) { m["pipelines"]["2d (56,40)"]["train"][0]["p_rotation"] = 0.3; }),
       "pipeline 2d (56,40)"},
      {"pipeline/sliding_window", in_manifest([](Json& m) { m["steps"][2]["result"][2][1] = 31; }),
       "steps [65,66,127]"},
      {"pipeline/preprocess/Dataset901_Aniso", change_spacing, "Dataset901_Aniso"},
      {"pipeline/inference", in_manifest(shorten_inference), "sizes/small_3d.nii.gz"},
      {"pipeline/evaluation",
       in_manifest([](Json& m) { m["postprocessing"][1]["decision"][0]["labels_or_regions"] = 1; }),
       "post-processing isolated_class2_voxel"},
      {"networks",
       in_file("plain2d_batchnorm_small.json", [](Json& m) { add(m["n_parameters"], 1); }),
       "plain2d_batchnorm_small",
       {"fill_vectors", "plain2d_batchnorm_small", "ege_official_smallest"}},
      {"networks/checkpoints",
       in_file("dtypes_and_views_zip.pth.json", [](Json& m) { add(m["entries"][1]["len"], 1); }),
       "dtypes_and_views_zip.pth"}};
  return all;
}

bool is_needed(const BrokenNumber& broken, const std::filesystem::path& file) {
  const auto begins_so = [&](const std::string& start) {
    return file.filename().string().starts_with(start);
  };
  return broken.files.empty() || std::ranges::any_of(broken.files, begins_so);
}

void copy_recorded(const BrokenNumber& broken, const std::filesystem::path& copy) {
  namespace fs = std::filesystem;
  fs::create_directories(copy);
  for (const auto& entry :
       fs::directory_iterator(seg::test::shared_data() / "oracles" / broken.folder))
    if (is_needed(broken, entry.path()))
      fs::copy(entry.path(), copy / entry.path().filename(), fs::copy_options::recursive);
  for (const auto& entry : fs::recursive_directory_iterator(copy))
    fs::permissions(entry.path(), fs::perms::owner_all);
}

std::vector<std::string> failures_in(const std::string& output) {
  std::vector<std::string> lines;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);)
    if (seg::test::contains(line, "  FAIL  ")) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("in every topic one wrong number is found, and nothing else") {
  if (!std::filesystem::exists(seg::test::shared_data() / "oracles")) {
    seg::test::skip("no recorded outputs");
    return;
  }
  for (const BrokenNumber& broken : broken_numbers()) {
    INFO(broken.folder);
    const seg::test::TemporaryFolder folder;
    const auto copy = folder / std::filesystem::path(broken.folder).filename();
    copy_recorded(broken, copy);
    broken.spoil(copy);
    const Run run = check(folder.path());
    const auto failures = failures_in(run.output);
    CHECK(run.code == 1);
    REQUIRE(failures.size() >= 1);
    for (const std::string& line : failures) {
      INFO(line);
      CHECK(seg::test::contains(line, "  " + broken.noticed_by));
    }
  }
}
