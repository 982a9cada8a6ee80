#include <ATen/ATen.h>

#include "catch.hpp"
#include "seg/data/components.hpp"
#include "small_place.hpp"
#include "text.hpp"

// What the options of seg predict write, against what it writes without them.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

constexpr double kVoxel = 1.25 * 0.75;  // mm³, of a small scan

/// Of each voxel, how many voxels the part of its label has; 0 where the label is not.
at::Tensor sizes_of_parts(const at::Tensor& map, int label) {
  const at::Tensor numbers = data::connected_components(map.eq(label)).flatten();
  at::Tensor sizes = at::bincount(numbers);
  sizes[0] = 0;
  return sizes.index_select(0, numbers).view(map.sizes());
}

}  // namespace

TEST_CASE("seg predict writes the type, labels, masks, statistics and uncertainty asked for") {
  const SmallPlace place;
  const at::Tensor whole = place.labels("whole", {});
  REQUIRE(whole.eq(1).any().item<bool>());
  const Outcome outcome = place.predict("out", {"--output-type", "nrrd", "--labels", "front",
                                                "--split-labels", "--statistics", "--uncertainty"});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const at::Tensor front = whole.eq(1).to(at::kShort);
  const fs::path out = place.folder / "out";
  CHECK_FALSE(fs::exists(out / "a.nii.gz"));
  CHECK(data::read_label_map(out / "a.nrrd").data[0].equal(front));
  CHECK(data::read_label_map(out / "a/front.nrrd").data[0].equal(front));
  CHECK_FALSE(fs::exists(out / "a/back.nrrd"));
  const Json statistics = read_json(out / "statistics.json")["a"];
  REQUIRE(statistics.size() == 1);
  CHECK(statistics["front"]["voxels"] == front.sum().item<std::int64_t>());
  CHECK(lines_with(bytes_of(out / "statistics.csv"), "a,front,").size() == 1);
  const at::Tensor uncertainty = data::read_image({out / "uncertainty/a.nrrd"}).data[0];
  CHECK(uncertainty.sizes() == whole.sizes());
  CHECK(uncertainty.max().item<float>() > 0);
  CHECK(uncertainty.max().item<float>() <= 1 + 1e-5F);
  CHECK(place.predict("other", {"--output-type", "docx"}).exit_code == 2);
}

TEST_CASE("seg predict tells label maps of another format that stay in its folder") {
  const SmallPlace place;
  REQUIRE(place.predict("out", {"--output-type", "nrrd"}).exit_code == 0);
  const std::string earlier = bytes_of(place.folder / "out/a.nrrd");
  for (const std::vector<std::string>& more : {std::vector<std::string>{"--dry-run"}, {}}) {
    const Outcome outcome = place.predict("out", more);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.err, ContainsSubstring("otherwise than .nii.gz, as they are: a.nrrd"));
  }
  CHECK(fs::exists(place.folder / "out/a.nii.gz"));
  CHECK(bytes_of(place.folder / "out/a.nrrd") == earlier);
}

TEST_CASE("a scan with a wrong name costs one line, and the others are segmented") {
  const SmallPlace place;
  write_small_scan(place.folder / "scans/a.nii.gz");  // the same case's name
  const Outcome outcome = place.predict("out", {});
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.err, ContainsSubstring("a_0000.nii.gz: is the case a, as a.nii.gz is"));
  CHECK(fs::exists(place.folder / "out/a.nii.gz"));
}

TEST_CASE("seg predict keeps the largest part of a label and parts above a volume") {
  const SmallPlace place;
  const at::Tensor whole = place.labels("whole", {});
  const at::Tensor parts = sizes_of_parts(whole, 1), of_back = sizes_of_parts(whole, 2);
  const auto largest = parts.max().item<std::int64_t>();
  REQUIRE((parts.gt(0) & parts.lt(largest)).any().item<bool>());
  const at::Tensor kept = place.labels("largest", {"--largest", "front"});
  CHECK(kept.eq(1).equal(parts.eq(largest)));
  CHECK(kept.eq(2).equal(whole.eq(2)));
  const std::int64_t fewest = largest;  // smaller parts go, of the other label, too
  const at::Tensor large = place.labels(
      "large", {"--remove-small", std::to_string(kVoxel * (static_cast<double>(fewest) - 0.5))});
  CHECK(large.eq(1).equal(parts.ge(fewest)));
  CHECK(large.eq(2).equal(of_back.ge(fewest)));
  CHECK(place.predict("none", {"--largest", "frnt"}).exit_code == 2);
  const Outcome all_and_one = place.predict("none", {"--largest", "all,1"});
  CHECK(all_and_one.exit_code == 2);
  CHECK_THAT(all_and_one.err, ContainsSubstring("already means every label"));
  CHECK(place.predict("none", {"--remove-small", "-1"}).exit_code == 2);
  CHECK_FALSE(fs::exists(place.folder / "none"));
}
