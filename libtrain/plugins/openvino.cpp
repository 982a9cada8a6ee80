// Networks that OpenVINO computes on the CPU.
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/intel_cpu/properties.hpp>

#include "seg/train/compiled_network.hpp"
#include "torch_graph.hpp"

namespace seg::train {
namespace {

ov::AnyMap properties_of(const CompileOptions& options) {
  // Without pinning, several processes may share a machine.
  return {ov::hint::inference_precision(element_of(options.precision)),
          ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
          ov::inference_num_threads(options.threads), ov::hint::enable_cpu_pinning(false)};
}

class OpenVinoNetwork : public CompiledNetwork {
 public:
  OpenVinoNetwork(const std::shared_ptr<torch::jit::Graph>& graph, const CompileOptions& options)
      : graph_(graph), shape_(options.shape.begin(), options.shape.end()) {
    ov::CompiledModel compiled =
        ov::Core().compile_model(model_of(*graph, shape_), "CPU", properties_of(options));
    if (compiled.get_property(ov::hint::inference_precision) != element_of(options.precision))
      throw std::runtime_error("OpenVINO has no such precision on this processor");
    request_ = compiled.create_infer_request();
  }

  std::vector<std::int64_t> output_shape() const override {
    const ov::Shape shape = request_.get_compiled_model().output().get_shape();
    return {shape.begin(), shape.end()};
  }

  void run(float* x, float* logits) override {
    request_.set_input_tensor(ov::Tensor(ov::element::f32, shape_, x));
    const ov::Shape shape = request_.get_compiled_model().output().get_shape();
    request_.set_output_tensor(ov::Tensor(ov::element::f32, shape, logits));
    request_.infer();
  }

 private:
  std::shared_ptr<torch::jit::Graph> graph_;  ///< whose weights are used
  ov::Shape shape_;
  mutable ov::InferRequest request_;
};

}  // namespace

/// seg::train::CompileNetwork.
extern "C" std::unique_ptr<CompiledNetwork> seg_compile_network(
    const std::shared_ptr<torch::jit::Graph>& graph, const CompileOptions& options) {
  return std::make_unique<OpenVinoNetwork>(graph, options);
}

}  // namespace seg::train
