#include "predict/label_statistics.hpp"

#include <cmath>
#include <fstream>

#include "catch.hpp"
#include "predict/uncertainty.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"

using namespace seg;
using namespace seg::train;

namespace {

const std::vector<NamedLabel> organs{{"liver", {1}}, {"left, upper", {2}}, {"both", {1, 2}}};

/// Label 1 over the intensities 0, 1, ..., 200, label 2 nowhere; 0.75 mm³ a voxel.
Json statistics() {
  data::Image chosen;
  chosen.data = at::zeros({3, 10, 10}, at::kShort);
  chosen.data.flatten().slice(0, 0, 201).fill_(1);
  chosen.geometry.spacing = {0.5, 0.5, 3};
  const at::Tensor scan = at::arange(300, at::kFloat).view({3, 10, 10});
  return label_statistics(chosen, scan, organs);
}

}  // namespace

TEST_CASE("a label's volume and intensities are those of its voxels") {
  const Json liver = statistics()["liver"];
  CHECK(liver["voxels"] == 201);
  CHECK(liver["volume"] == 150.75);
  CHECK(liver["intensity"] == 100.0);
  CHECK(liver["std"].get<double>() == Approx(std::sqrt((201.0 * 201 - 1) / 12)).epsilon(1e-12));
  CHECK(liver["median"] == 100.0);
  for (const auto& [key, value] : {std::pair{"percentile_00_5", 1.0},
                                   {"percentile_10", 20.0},
                                   {"percentile_25", 50.0},
                                   {"percentile_75", 150.0},
                                   {"percentile_90", 180.0},
                                   {"percentile_99_5", 199.0}})
    CHECK(liver[key].get<double>() == Approx(value).epsilon(1e-12));
  CHECK(statistics()["both"] == liver);
}

TEST_CASE("a percentile lies between two values, and one voxel has all of them") {
  data::Image chosen;
  chosen.data = at::zeros({1, 1, 3}, at::kShort);
  chosen.data.slice(2, 0, 2).fill_(1);
  const at::Tensor scan = at::tensor({10.F, 20.F, 7.F}).view({1, 1, 3});
  const Json two = label_statistics(chosen, scan, organs)["liver"];
  CHECK(two["percentile_25"] == 12.5);
  CHECK(two["median"] == 15.0);
  CHECK(two["std"] == 5.0);
  chosen.data[0][0][1] = 0;
  const Json one = label_statistics(chosen, scan, organs)["liver"];
  CHECK(one["percentile_00_5"] == 10.0);
  CHECK(one["percentile_99_5"] == 10.0);
  CHECK(one["std"] == 0.0);
}

TEST_CASE("a label that is not there has a size and nothing else") {
  const Json absent = statistics()["left, upper"];
  CHECK(absent["voxels"] == 0);
  CHECK(absent["volume"] == 0.0);
  CHECK(absent["intensity"].is_null());
  CHECK(absent["percentile_10"].is_null());
}

TEST_CASE("statistics are a table, too") {
  const test::TemporaryFolder folder;
  write_statistics(folder / "statistics", {{"a", statistics()}});
  CHECK(read_json(folder / "statistics.json") == Json{{"a", statistics()}});
  std::ifstream stream(folder / "statistics.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] ==
        "case,label,volume,intensity,voxels,std,median,percentile_00_5,percentile_10,percentile_25,"
        "percentile_75,percentile_90,percentile_99_5\r");
  CHECK_THAT(lines[1], ContainsSubstring("a,liver,150.75,100,201,58.02"));
  CHECK(lines[2] == "a,\"left, upper\",0,,0,,,,,,,,\r");
}

TEST_CASE("a slice has no statistics of volume") {
  data::Image chosen;
  chosen.data = at::ones({1, 2, 2}, at::kShort);
  chosen.geometry.dimensions = 2;
  CHECK_THROWS_WITH(label_statistics(chosen, at::ones({1, 2, 2}), organs),
                    ContainsSubstring("is a slice"));
}

TEST_CASE("a network is as uncertain as its probabilities have entropy") {
  const at::Tensor probabilities =
      at::tensor({1.F, 0.25F, 0.5F, 0.F, 0.25F, 0.5F, 0.F, 0.25F, 0.F, 0.F, 0.25F, 0.F})
          .view({4, 1, 1, 3});
  const at::Tensor labels = uncertainty_of(probabilities, false).flatten();
  CHECK(labels[0].item<float>() == 0);
  CHECK(labels[1].item<float>() == Approx(1));
  CHECK(labels[2].item<float>() == Approx(0.5));
  const at::Tensor regions =
      uncertainty_of(at::tensor({1.F, 0.5F, 0.F, 0.F}).view({2, 1, 1, 2}), true).flatten();
  CHECK(regions[0].item<float>() == 0);
  CHECK(regions[1].item<float>() == Approx(0.5));
}
