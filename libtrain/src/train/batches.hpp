#pragma once

#include "seg/data/batch_loader.hpp"
#include "train/checkpoint.hpp"

namespace seg::train {

/// Augmented batches of a run, in order from where its state is.
class Batches {
 public:
  explicit Batches(const Run& run);

  data::Batch next_training();
  data::Batch next_validation();

 private:
  at::Device device_;
  data::AugmentationOptions training_options_, validation_options_;
  data::BatchLoader training_, validation_;
};

}  // namespace seg::train
