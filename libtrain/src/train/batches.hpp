#pragma once

#include "seg/data/batch_loader.hpp"
#include "train/training.hpp"

namespace seg::train {

/// Augmented batches of a training, in order from where its state is.
class Batches {
 public:
  explicit Batches(const Training& training);

  data::Batch next_training();
  data::Batch next_validation();

 private:
  at::Device device_;
  data::AugmentationOptions training_options_, validation_options_;
  data::BatchLoader training_, validation_;
};

}  // namespace seg::train
