#include "net/filled_network.hpp"
#include "net/network_oracle.hpp"
#include "net/pretrained_oracle.hpp"
#include "seg/net/weights.hpp"
#include "seg/train/losses.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace {

namespace fs = std::filesystem;

bool has_fill_vectors(const fs::path& folder) { return fs::exists(folder / "fill_vectors.json"); }

void join(const std::vector<std::string>& differences, Outcome& outcome) {
  for (const auto& difference : differences) {
    outcome.fault += (outcome.fault.empty() ? "" : "; ") + difference;
  }
}

bool near(double seen, double recorded) {
  return std::abs(seen - recorded) <= 1e-3 * std::abs(recorded);
}

// EGE-UNet's loss of the filled network, and the norms of its gradients.
void replay_loss(const test::NetworkRecord& record, Outcome& outcome) {
  auto& network = *record.network;
  const auto& expected = record.json.at("gt_bce_dice_loss");
  auto shape = record.json.at("input_shape").get<std::vector<std::int64_t>>();
  const auto input = test::filled_input("input", shape);
  shape[1] = 1;
  network.zero_grad();
  train::LossOptions options;
  options.regions = true;
  const auto mask = test::filled_input("mask", shape) > 0;
  const auto loss = train::ege_unet_loss(network.forward(input), mask, options);
  loss.backward();
  const double total = expected.at("total").get<double>();
  if (std::abs(loss.item<double>() - total) > 1e-5 * total) join({"another loss"}, outcome);
  for (const auto& [name, tensor] : net::state_dict(network)) {
    const auto& norms = expected.at("grad_l2");
    if (norms.contains(name) && !near(tensor.grad().norm().item<double>(), norms.at(name)))
      join({name + ": another gradient of the loss"}, outcome);
  }
}

void replay_network(const fs::path& file, Outcome& outcome) {
  const auto record = test::read_network_record(file);
  const auto result = test::compare_network(record);
  outcome.deviation = result.deviation;
  outcome.note = "gradients " + std::to_string(result.gradient_gap);
  join(result.differences, outcome);
  if (record.json.contains("gt_bce_dice_loss")) replay_loss(record, outcome);
}

void check_networks(const fs::path& folder, const Tell& tell) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto& file = entry.path();
    if (file.extension() != ".json") continue;
    const auto json = read_json(file);
    if (!json.is_object() || !json.contains("architecture")) continue;
    const bool upkern = json.contains("kernel_small");
    tell(attempt(file.stem().string(), [&](Outcome& outcome) {
      upkern ? join(test::compare_upkern(file), outcome) : replay_network(file, outcome);
    }));
  }
}

}  // namespace

Topic networks_topic() { return {"networks", has_fill_vectors, check_networks}; }

}  // namespace seg::oracles
