#include "seg/train/pseudo_dice.hpp"

#include <cmath>
#include <limits>

#include "oracle.hpp"

namespace {

using namespace seg;
using namespace seg::train;

std::vector<double> row(const at::Tensor& counts, int index) {
  const auto values = counts[index].to(at::kDouble).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

at::Tensor recorded_target(const std::string& name, bool regions) {
  const auto target = test::recorded(name);
  return regions ? target.to(at::kBool) : target;
}

}  // namespace

TEST_CASE("hard overlaps are counted as nnU-Net counts them during training") {
  if (!test::oracles_are_here()) return;
  const auto manifest = read_json(test::loss_oracle() / "manifest.json");
  for (const auto& recorded_case : manifest.at("online_evaluation").at("cases")) {
    const auto inputs = recorded_case.at("inputs").get<std::string>();
    INFO(inputs);
    const auto slash = inputs.find('/');
    LossOptions options;
    options.regions = inputs.starts_with("region");
    if (inputs.find("ignore") != std::string::npos) options.ignore_label = 4;
    const auto counts =
        count_overlap(test::recorded(inputs.substr(0, slash)),
                      recorded_target(inputs.substr(slash + 1), options.regions), options);
    CHECK(row(counts, 0) == recorded_case.at("tp").get<std::vector<double>>());
    CHECK(row(counts, 1) == recorded_case.at("fp").get<std::vector<double>>());
    CHECK(row(counts, 2) == recorded_case.at("fn").get<std::vector<double>>());
    const auto dice = pseudo_dice(counts);
    for (std::size_t i = 0; i < dice.size(); ++i)
      CHECK(dice[i] == Approx(recorded_case.at("dice")[i].get<double>()).epsilon(1e-6));
  }
}

TEST_CASE("a class that is neither annotated nor predicted has no Dice and does not count") {
  const auto dice = pseudo_dice(at::tensor({3, 0, 1, 0, 2, 0}, at::kLong).view({3, 2}));
  CHECK(dice[0] == Approx(2.0 * 3 / (2 * 3 + 1 + 2)));
  CHECK(std::isnan(dice[1]));
  CHECK(mean_without_nan(dice) == dice[0]);
  CHECK(std::isnan(mean_without_nan({std::numeric_limits<double>::quiet_NaN()})));
}
