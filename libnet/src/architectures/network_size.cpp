#include <ATen/record_function.h>

#include "seg/net/network.hpp"

namespace seg::net {
namespace {

thread_local std::int64_t counted = 0;
thread_local bool in_convolution = false;  // what this one calls in turn is the same work

// What is known when a convolution starts: its inputs are gone at the end, its outputs come then.
struct StartedConvolution : at::ObserverContext {
  std::int64_t per_element = 0, elements = 0;  ///< no elements: as many as the output has
};

// aten::convolution(input, weight, bias, stride, padding, dilation, transposed, ...), or a call of
// oneDNN's, which is never transposed, or of our own, which show no outputs: all begin in this way.
std::unique_ptr<at::ObserverContext> start_convolution(const at::RecordFunction& call) {
  const std::string_view name = call.name();
  const bool any_kind = name == "aten::convolution";
  const bool keeps_size = name == "seg::winograd_convolution",
             by_input = name == "seg::upsample_by_tiles" || name == "seg::transposed_convolution";
  if (in_convolution || !(any_kind || keeps_size || by_input || name == "aten::mkldnn_convolution"))
    return nullptr;
  in_convolution = true;
  const auto inputs = call.inputs();
  const auto& weight = inputs[1].toTensor();
  auto started = std::make_unique<StartedConvolution>();
  started->per_element = weight.numel() / weight.size(0);
  if (keeps_size)
    started->elements =
        inputs[0].toTensor().numel() / inputs[0].toTensor().size(1) * weight.size(0);
  if (by_input || (any_kind && inputs[6].toBool()))
    started->elements = inputs[0].toTensor().numel();
  return started;
}

void end_convolution(const at::RecordFunction& call, at::ObserverContext* context) {
  if (!context) return;
  in_convolution = false;
  const auto& started = static_cast<StartedConvolution&>(*context);
  const auto outputs = started.elements == 0 ? call.outputs()[0].toTensor().numel() : 0;
  counted += started.per_element * (started.elements + outputs);
}

}  // namespace

std::int64_t parameter_count(const Network& network) {
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  return count;
}

std::int64_t multiply_accumulates(Network& network, const at::Tensor& x) {
  const at::NoGradGuard no_gradients;
  counted = 0;
  const auto handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback(start_convolution, end_convolution)
                                     .needsInputs(true)
                                     .needsOutputs(true)
                                     .scopes({at::RecordScope::FUNCTION}));
  network.forward(x);
  at::removeCallback(handle);
  return counted;
}

}  // namespace seg::net
