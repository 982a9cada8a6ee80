#include "seg/plan/fingerprint.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"
#include "test_files.hpp"

using namespace seg::plan;

TEST_CASE("a fingerprint that nnU-Net wrote survives reading and writing unchanged") {
  const auto file = seg::test::shared_data() / "oracles" / "pipeline" / "fingerprint" /
                    "dataset_fingerprint.json";
  if (!std::filesystem::exists(file)) {
    seg::test::skip("no recorded outputs");
    return;
  }
  const Fingerprint fingerprint = read_fingerprint(file);
  CHECK(fingerprint.spacings.size() == 208);
  CHECK(to_json(fingerprint) == seg::read_json(file));
}

TEST_CASE("a fingerprint whose lists disagree is refused") {
  seg::Json json = to_json({{IntensityProperties{}}, 1.0, {{{4, 5, 6}}}, {{{1, 1, 1}}}});
  CHECK(fingerprint_from_json(json, "f.json").shapes_after_crop[0][2] == 6);
  json["spacings"].push_back({1, 1, 1});
  CHECK_THROWS_AS(fingerprint_from_json(json, "f.json"), seg::Error);
  json["spacings"] = "none";
  CHECK_THROWS_AS(fingerprint_from_json(json, "f.json"), seg::Error);
}
