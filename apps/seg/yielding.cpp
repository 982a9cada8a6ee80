#include "yielding.hpp"

#include <optional>

#include "seg/train/yield_to_others.hpp"

namespace seg::app {
namespace {

std::optional<train::YieldToOthers> yielding;

}  // namespace

void start_yielding() { yielding.emplace(); }

void stop_yielding() { yielding.reset(); }

}  // namespace seg::app
