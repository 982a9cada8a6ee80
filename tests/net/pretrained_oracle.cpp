#include "net/pretrained_oracle.hpp"

#include <map>
#include <set>

#include "architectures/resnet_encoder.hpp"
#include "net/filled_network.hpp"
#include "net/network_oracle.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/net/pretrained.hpp"
#include "seg/net/weights.hpp"

namespace seg::test {
namespace {

namespace fs = std::filesystem;
using Shape = std::vector<std::int64_t>;
using Differences = std::vector<std::string>;

std::shared_ptr<net::Network> built(const std::string& name, Json arguments,
                                    std::pair<std::int64_t, std::int64_t> channels) {
  for (const auto* key : {"input_channels", "in_channels", "num_classes", "n_classes"}) {
    arguments.erase(key);
  }
  return net::build_network({name, arguments, Json::array()},
                            {channels.first, channels.second, true, false});
}

std::map<std::string, at::Tensor> by_name(const net::Network& network) {
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, tensor] : net::state_dict(network)) result.emplace(name, tensor);
  return result;
}

net::Value as_checkpoint(const net::Network& network) {
  net::Value::Dict dict;
  for (const auto& [name, tensor] : net::state_dict(network)) {
    dict.push_back({net::Value{name}, net::Value{tensor.detach()}});
  }
  return {dict};
}

void expect(bool well, const std::string& what, Differences& differences) {
  if (!well) differences.push_back(what);
}

// A dictionary's keys or a list, in any order.
std::set<std::string> names_in(const Json& json) {
  std::set<std::string> names;
  for (const auto& [key, value] : json.items()) {
    names.insert(json.is_object() ? key : value.get<std::string>());
  }
  return names;
}

bool same_names(const Differences& seen, const Json& expected) {
  return std::set<std::string>(seen.begin(), seen.end()) == names_in(expected);
}

void compare_outputs(const Json& record, net::Network& network,
                     std::pair<fs::path, Differences*> folder_and_differences) {
  const at::NoGradGuard no_gradients;
  network.eval();
  const bool encoder = record.contains("encoder_features");
  const auto& outputs = record.at(encoder ? "encoder_features" : "outputs");
  const auto heads = network.forward(filled_input("input", record.at("input_shape").get<Shape>()));
  const double size = outputs.at(0).at("absmax").get<double>();
  const double worst = worst_difference(outputs, heads, folder_and_differences.first);
  expect(worst <= 1e-5 * size, "outputs are off by " + std::to_string(worst),
         *folder_and_differences.second);
}

// The encoder as a network, its maps as heads.
class EncoderAlone : public net::Network {
 public:
  explicit EncoderAlone(std::shared_ptr<net::Encoder> encoder)
      : encoder_(register_module("encoder", std::move(encoder))) {}
  std::vector<at::Tensor> forward(const at::Tensor& x) override { return encoder_->forward(x); }
  void set_deep_supervision(bool) override {}
  std::vector<std::string> heads() const override { return {}; }

 private:
  std::shared_ptr<net::Encoder> encoder_;
};

net::ResNetSizes resnet_sizes(const Json& arguments) {
  net::ResNetSizes sizes;
  sizes.bottleneck = arguments.at("block") == "bottleneck";
  sizes.blocks = arguments.at("layers").get<Shape>();
  sizes.zero_padded = arguments.at("shortcut_type") == "A";
  sizes.widths = arguments.at("block_inplanes").get<Shape>();
  return sizes;
}

void fill_as_target(net::Network& network) {
  const at::NoGradGuard no_gradients;
  for (const auto& [name, tensor] : net::state_dict(network)) {
    tensor.copy_(filled_tensor("target." + name, tensor.sizes()));
  }
}

// Heads as they were, tensors of another shape as recorded.
void compare_weights(const Json& record, const net::Network& network,
                     std::pair<fs::path, Differences*> folder_and_differences) {
  const auto& [folder, differences] = folder_and_differences;
  auto tensors = by_name(network);
  for (const auto& name : names_in(record.at("kept_from_target"))) {
    const auto before = filled_tensor("target." + name, tensors.at(name).sizes());
    expect(at::equal(tensors.at(name), before), name + " was changed", *differences);
  }
  for (const auto& [name, entry] : record.at("changed_shape").items()) {
    const auto truth =
        read_npy(folder / entry.at("file").get<std::string>(), entry.at("shape").get<Shape>());
    expect(at::equal(tensors.at(name), truth), name + " is another", *differences);
  }
}

}  // namespace

Differences compare_upkern(const fs::path& file) {
  const auto record = read_json(file);
  Json arguments = record.at("builder_args");
  const std::pair<std::int64_t, std::int64_t> channels{arguments.at("in_channels"),
                                                       arguments.at("n_classes")};
  arguments["kernel_size"] = record.at("kernel_large");
  const auto large = built("MedNeXt", arguments, channels);
  arguments["kernel_size"] = record.at("kernel_small");
  const auto small = built("MedNeXt", arguments, channels);
  fill(*small);
  const auto report =
      net::take_over_weights(*large, as_checkpoint(*small), {.fresh_heads = false}, "small");
  Differences differences;
  expect(same_names(report.resampled, record.at("interpolated_keys")), "others were resampled",
         differences);
  expect(report.loaded.size() == record.at("n_copied_keys").get<std::size_t>(),
         std::to_string(report.loaded.size()) + " were copied", differences);
  const auto tensors = by_name(*large);
  for (const auto& entry : record.at("weights")) {
    const auto name = entry.at("key").get<std::string>();
    const auto truth = read_npy(file.parent_path() / entry.at("file").get<std::string>(),
                                entry.at("shape").get<Shape>());
    expect(at::equal(tensors.at(name), truth), name + " is another", differences);
  }
  compare_outputs(record, *large, {file.parent_path(), &differences});
  return differences;
}

Differences compare_fine_tuning(const fs::path& file) {
  const auto record = read_json(file);
  const auto checkpoint = file.parent_path() / record.at("checkpoint").get<std::string>();
  const auto& target = record.at("target");
  const auto network = built("STUNet", read_json(checkpoint.string() + ".json").at("builder_args"),
                             {target.at("input_channels"), target.at("num_classes")});
  fill_as_target(*network);
  const auto report = net::load_pretrained(*network, checkpoint);
  Differences differences;
  expect(same_names(report.fresh, record.at("kept_from_target")), "others stayed", differences);
  expect(same_names(report.loaded, record.at("copied_from_checkpoint")), "others were copied",
         differences);
  expect(same_names(report.widened, record.at("changed_shape")), "others were widened",
         differences);
  compare_weights(record, *network, {file.parent_path(), &differences});
  return differences;
}

Differences compare_encoder(const fs::path& file) {
  const auto record = read_json(file);
  const auto& arguments = record.at("builder_args");
  net::EncoderOptions options;
  options.inputs = arguments.at("n_input_channels");
  options.dimensions = arguments.at("spatial_dims");
  EncoderAlone network(net::resnet_encoder(resnet_sizes(arguments), options));
  const auto report =
      net::load_pretrained(network, file.parent_path() / record.at("file").get<std::string>());
  Differences differences;
  expect(report.missing.empty() && report.unexpected.empty() && report.mismatched.empty(),
         "not all was loaded", differences);
  compare_outputs(record, network, {file.parent_path(), &differences});
  return differences;
}

Differences compare_stunet(const fs::path& file) {
  const auto record = read_json(file);
  const auto& arguments = record.at("builder_args");
  const auto network =
      built("STUNet", arguments, {arguments.at("input_channels"), arguments.at("num_classes")});
  const auto checkpoint =
      net::read_checkpoint(file.parent_path() / record.at("file").get<std::string>());
  net::load_state_dict(*network, net::weights_in(checkpoint), file.string());
  Differences differences;
  compare_outputs(record, *network, {file.parent_path(), &differences});
  return differences;
}

}  // namespace seg::test
