#include "predict/engine.hpp"

#include <ATen/Parallel.h>

#include <filesystem>

#include "seg/data/plugin.hpp"
#include "seg/net/record.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/compiled_network.hpp"

namespace seg::train {
namespace {

/// Computes one item of a batch after the other.
class EngineNetwork : public net::Network {
 public:
  explicit EngineNetwork(std::unique_ptr<CompiledNetwork> compiled)
      : compiled_(std::move(compiled)) {}

  std::vector<at::Tensor> forward(const at::Tensor& x) override {
    const at::Tensor input = x.contiguous();
    std::vector<std::int64_t> shape = compiled_->output_shape();
    shape.at(0) = input.size(0);
    at::Tensor logits = at::empty(shape);
    for (std::int64_t i = 0; i < input.size(0); ++i)
      compiled_->run(input[i].data_ptr<float>(), logits[i].data_ptr<float>());
    return {logits};
  }
  void set_deep_supervision(bool /*enabled*/) override {}
  std::vector<std::string> heads() const override { return {}; }

 private:
  std::unique_ptr<CompiledNetwork> compiled_;
};

std::shared_ptr<net::Network> compiled(net::Network& network, const CompileOptions& options,
                                       const std::string& engine) {
  auto* const compile =
      reinterpret_cast<CompileNetwork*>(data::plugin_function(engine, "seg_compile_network"));
  try {
    return std::make_shared<EngineNetwork>(compile(net::record(network, options.shape), options));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& exception) {
    throw Error(SettingValue{"engine", engine},
                std::string("cannot compute this network (") + exception.what() + ")",
                "use the engine seg");
  }
}

}  // namespace

void check_engine(const SlidingWindowOptions& window) {
  const SettingValue setting{"engine", window.engine};
  if (window.engine == "seg") return;
  if (window.engine != "openvino") throw Error(setting, "is unknown", "use seg or openvino");
  if (!window.device.is_cpu())
    throw Error(setting, "computes on the CPU, not on " + window.device.str(),
                "use the device cpu, or the engine seg");
  if (!std::filesystem::exists(data::plugin_file(window.engine)))
    throw Error(setting, "is not in this build of seg",
                "build seg where OpenVINO is installed, or use the engine seg");
}

void start_networks(Networks& networks, std::int64_t input_channels,
                    const SlidingWindowOptions& window) {
  CompileOptions options{{1, input_channels}, window.precision, at::get_num_threads()};
  options.shape.insert(options.shape.end(), window.patch_size.begin(), window.patch_size.end());
  for (auto& network : networks) {
    if (window.engine == "seg")
      network->to(window.device);
    else
      network = compiled(*network, options, window.engine);
  }
}

}  // namespace seg::train
