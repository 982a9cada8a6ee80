#include <ATen/ATen.h>

#include "catch.hpp"
#include "expect_error.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/files.hpp"
#include "skip.hpp"
#include "small_place.hpp"
#include "text.hpp"

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// By two folds.
struct EnginePlace : SmallPlace {
  EnginePlace() : SmallPlace({"0", "1"}) {}

  Outcome predict(const std::string& engine, const std::string& output,
                  std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--precision", "fp32", "--engine", engine});
    return SmallPlace::predict(output, more);
  }
  std::string recorded_engine(const std::string& output) const {
    return read_json(folder / output / "records/a.json")["made_by"]["engine"];
  }
};

bool has_openvino() { return fs::exists(data::plugin_file("openvino")); }

}  // namespace

TEST_CASE("an engine that seg does not know, or was built without, is refused") {
  const EnginePlace place;
  CHECK(place.predict("foo", "out").exit_code == 2);
  if (has_openvino()) return;
  const Outcome refused = place.predict("openvino", "out");
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "--engine openvino: is not in this build"));
}

TEST_CASE("OpenVINO segments as seg does, its records say so, and other engines' are made again") {
  if (!has_openvino()) return skip("this build is without OpenVINO");
  const EnginePlace place;
  REQUIRE(place.predict("seg", "seg").exit_code == 0);
  const at::Tensor expected = place.written("seg");
  REQUIRE(expected.eq(1).any().item<bool>());
  CHECK(place.recorded_engine("seg") == "seg");
  fs::copy(place.folder / "seg", place.folder / "out", fs::copy_options::recursive);
  const Outcome outcome = place.predict("openvino", "out");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(contains(outcome.err, "of other options"));
  CHECK(place.recorded_engine("out") == "openvino");
  CHECK(read_json(place.folder / "out/seg_predict.json")["engine"] == "openvino");
  CHECK(place.written("out").ne(expected).sum().item<std::int64_t>() <= expected.numel() / 1000);
  CHECK_FALSE(contains(place.predict("openvino", "out").err, "made again"));
}

TEST_CASE("OpenVINO keeps within --max-memory, or is refused") {
  if (!has_openvino()) return skip("this build is without OpenVINO");
  const EnginePlace place;
  expect_error(place.predict("openvino", "none", {"--max-memory", "1MB"}), "may still be taken",
               place.folder.path());
  CHECK_FALSE(fs::exists(place.folder / "none/a.nii.gz"));
  CHECK(place.predict("openvino", "much", {"--max-memory", "1GB"}).exit_code == 0);
}
