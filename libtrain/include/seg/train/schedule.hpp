#pragma once

#include <cstdint>
#include <string>

namespace seg::train {

/// How the learning rate changes from epoch to epoch; it is set once at the start of each.
struct Schedule {
  std::string name = "poly";  ///< poly or cosine
  double learning_rate = 0.01;
  std::int64_t epochs = 1000, warm_up_epochs = 0;
};

/// In warm-up the rate rises linearly up to learning_rate (as nnUNetTrainer_warmup). With t from 0
/// to 1 over the other epochs it then is learning_rate * (1 - t)^0.9 (poly, nnU-Net's) or
/// learning_rate * (1 + cos(pi t)) / 2 (cosine, as nnUNetTrainerCosAnneal).
double learning_rate_at(const Schedule& schedule, std::int64_t epoch);

}  // namespace seg::train
