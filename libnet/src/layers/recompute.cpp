#include "layers/recompute.hpp"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

namespace seg::net {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Precision {
  bool lower;
  at::ScalarType type;
};

Precision precision_on(at::DeviceType device) {
  return {at::autocast::is_autocast_enabled(device), at::autocast::get_autocast_dtype(device)};
}

// Without autocast's cache: it would keep casts of weights made without recording gradients.
class UncachedAutocast {
 public:
  UncachedAutocast(at::DeviceType device, const Precision& precision)
      : device_(device),
        before_(precision_on(device)),
        cached_(at::autocast::is_autocast_cache_enabled()) {
    set(precision, false);
  }
  ~UncachedAutocast() { set(before_, cached_); }
  UncachedAutocast(const UncachedAutocast&) = delete;
  UncachedAutocast& operator=(const UncachedAutocast&) = delete;

 private:
  void set(const Precision& precision, bool cached) const {
    at::autocast::set_autocast_enabled(device_, precision.lower);
    at::autocast::set_autocast_dtype(device_, precision.type);
    at::autocast::set_autocast_cache_enabled(cached);
  }

  at::DeviceType device_;
  Precision before_;
  bool cached_;
};

struct HeldStep : torch::CustomClassHolder {
  explicit HeldStep(Step held) : step(std::move(held)) {}
  Step step;
};

class Recompute : public torch::autograd::Function<Recompute> {
 public:
  static at::Tensor forward(AutogradContext* context, const Step& step, const at::Tensor& x,
                            at::TensorList parameters) {
    const auto device = x.device().type();
    const auto precision = precision_on(device);
    variable_list kept{x};
    kept.insert(kept.end(), parameters.begin(), parameters.end());
    context->save_for_backward(kept);
    context->saved_data["step"] = at::IValue::make_capsule(c10::make_intrusive<HeldStep>(step));
    context->saved_data["lower"] = precision.lower;
    context->saved_data["type"] = static_cast<std::int64_t>(precision.type);
    const UncachedAutocast same(device, precision);
    return step(x);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    auto inputs = context->get_saved_variables();
    const bool needs_x = inputs[0].requires_grad();
    inputs[0] = inputs[0].detach().requires_grad_(needs_x);
    return with_gaps(inputs, again(*context, inputs[0]), gradients[0]);
  }

 private:
  static at::Tensor again(AutogradContext& context, const at::Tensor& x) {
    const Precision precision{context.saved_data["lower"].toBool(),
                              static_cast<at::ScalarType>(context.saved_data["type"].toInt())};
    const auto held = context.saved_data["step"].toCapsule();
    const at::AutoGradMode record(true);
    const UncachedAutocast same(x.device().type(), precision);
    return static_cast<const HeldStep&>(*held).step(x);
  }

  // Gradients of those inputs that need one, in the order of forward's arguments.
  static variable_list with_gaps(const variable_list& inputs, const at::Tensor& result,
                                 const at::Tensor& gradient) {
    variable_list wanted;
    for (const auto& input : inputs) {
      if (input.requires_grad()) wanted.push_back(input);
    }
    const auto found =
        torch::autograd::grad({result}, wanted, {gradient}, std::nullopt, false, true);
    variable_list all(1);
    auto next = found.begin();
    for (const auto& input : inputs) {
      all.push_back(input.requires_grad() ? *next++ : at::Tensor());
    }
    return all;
  }
};

}  // namespace

at::Tensor recomputed(const Step& step, const std::vector<at::Tensor>& parameters,
                      const at::Tensor& x) {
  if (!at::GradMode::is_enabled()) return step(x);
  return Recompute::apply(step, x, at::TensorList(parameters));
}

}  // namespace seg::net
