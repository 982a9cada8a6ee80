#include "pretrained.hpp"

#include "seg/net/checkpoint_file.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

constexpr char kHeads[] = "seg_layers";

const net::Value& weights_in(const net::Value& checkpoint) {
  for (const char* key : {"network_weights", "state_dict"})
    if (const net::Value* weights = checkpoint.find(key)) return *weights;
  return checkpoint;
}

}  // namespace

void load_pretrained(net::Network& network, const std::filesystem::path& file,
                     const Reporter& reporter) {
  const net::Value checkpoint = net::read_checkpoint(file);
  const auto report = net::load_matching(network, weights_in(checkpoint), {kHeads});
  for (const auto* names : {&report.missing, &report.mismatched})
    if (!names->empty())
      throw Error(file.string(), "does not fit this network (first at " + names->front() + ")",
                  "use weights of a network with the same plan");
  reporter.say("starting from " + file.string() + ": " + std::to_string(report.loaded.size()) +
               " tensors taken over, segmentation heads drawn anew");
}

}  // namespace seg::train
