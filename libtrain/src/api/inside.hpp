#pragma once

#include <vector>

#include "predict/loaded_model.hpp"
#include "predict/memory_need.hpp"
#include "seg/predictor.hpp"

namespace seg {

/// What a Predictor holds.
struct Predictor::Inside {
  std::vector<std::unique_ptr<train::LoadedModel>> models;
  int threads = 0;

  const train::Model& first() const { return models.front()->model; }
};

}  // namespace seg
