#include "net/activation_sides.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <string>

namespace seg::test {
namespace {

using Context = std::unique_ptr<at::ObserverContext>;

struct Held {
  const ActivationSides* sides = nullptr;
  std::size_t next = 0;
  bool matched = true;
  std::int64_t moved = 0;
  double largest = 0;
};

// Observers are plain functions: what they work on lies beside them.
thread_local ActivationSides* recorded = nullptr;
thread_local Held held;

bool is_activation(const at::RecordFunction& call) {
  const std::string name = call.name();
  return name == "aten::leaky_relu_" || name == "aten::relu_" ||
         (name == "seg::fused_instance_norm" && call.inputs()[4].toDouble() != 1);
}

bool is_max_pool(const at::RecordFunction& call) {
  const std::string name = call.name();
  return name == "aten::max_pool2d_with_indices" || name == "aten::max_pool3d_with_indices";
}

void record(const at::RecordFunction& call, at::ObserverContext*) {
  if (is_max_pool(call)) recorded->push_back(call.outputs()[1].toTensor());
  if (!is_activation(call)) return;
  const at::NoGradGuard no_gradients;
  recorded->push_back(call.outputs().front().toTensor().detach() > 0);
}

void move_to(const at::Tensor& side, const at::Tensor& x) {
  const at::Tensor wrong = (x > 0) != side;
  const auto count = wrong.sum().item<std::int64_t>();
  if (count == 0) return;
  held.moved += count;
  const double size = (x * wrong).abs().max().item<double>();
  held.largest = std::max(held.largest, size / x.square().mean().sqrt().item<double>());
  // In float64 of its own: of plain numbers `where` makes float32, in which they are 0.
  const at::Tensor smallest = at::full({}, 1e-300, x.options());
  x.copy_(at::where(wrong, at::where(side, smallest, -smallest), x));
}

std::vector<std::int64_t> lengths(const c10::IValue& value) { return value.toIntVector(); }

/// Maxima of a call's windows, [B, C, (Z,) Y, X].
at::Tensor maxima(const at::RecordFunction& call, const at::Tensor& x) {
  const auto inputs = call.inputs();
  const auto size = lengths(inputs[1]), stride = lengths(inputs[2]), padding = lengths(inputs[3]);
  return x.dim() == 4 ? std::get<0>(at::max_pool2d_with_indices(x, size, stride, padding))
                      : std::get<0>(at::max_pool3d_with_indices(x, size, stride, padding));
}

Context hold_maxima(const at::RecordFunction& call) {
  const at::NoGradGuard no_gradients;
  const at::RecordFunctionGuard unobserved(false);
  const at::Tensor x = call.inputs()[0].toTensor().variable_data();
  held.matched = held.matched && held.next < held.sides->size();
  if (!held.matched) return nullptr;
  const at::Tensor places = (*held.sides)[held.next++].flatten(2),
                   highest = maxima(call, x).flatten(2), flat = x.flatten(2),
                   chosen = flat.gather(2, places);
  held.moved += (chosen < highest).sum().item<std::int64_t>();
  const at::Tensor raised = at::where(chosen < highest, highest + 1e-14 * highest.abs(), chosen);
  x.copy_(flat.scatter(2, places, raised).view_as(x));
  return nullptr;
}

Context hold(const at::RecordFunction& call) {
  if (is_max_pool(call)) return hold_maxima(call);
  if (!is_activation(call)) return nullptr;
  const at::NoGradGuard no_gradients;
  // Of the same memory, but without the counter by which autograd finds changes.
  const at::Tensor x = call.inputs()[0].toTensor().variable_data();
  const bool fits = held.next < held.sides->size() && (*held.sides)[held.next].sizes() == x.sizes();
  held.matched = held.matched && fits;
  if (fits) move_to((*held.sides)[held.next++], x);
  return nullptr;
}

}  // namespace

RecordSides::RecordSides(ActivationSides& sides) {
  recorded = &sides;
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(nullptr, record)
                                           .needsInputs(true)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

RecordSides::~RecordSides() { at::removeCallback(handle_); }

HoldSides::HoldSides(const ActivationSides& sides) {
  held = {&sides};
  handle_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(hold).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

HoldSides::~HoldSides() { at::removeCallback(handle_); }

bool HoldSides::all_matched() const { return held.matched && held.next == held.sides->size(); }

std::int64_t HoldSides::moved() const { return held.moved; }

double HoldSides::largest_moved() const { return held.largest; }

}  // namespace seg::test
