#pragma once

#include <torch/nn/module.h>

#include <functional>

namespace seg::net {

/// Adds values (float32, contiguous, on the CPU) up over the processes that share a batch, in
/// place.
using SumOverBatch = std::function<void(const at::Tensor&)>;

/// From now on the batch norms of a network that trains take mean and variance over the whole
/// batch, of which each process has a part, forward and backward; all processes run it at the same
/// time. PyTorch's SyncBatchNorm.
void share_batch_norms(torch::nn::Module& network, const SumOverBatch& sum);

}  // namespace seg::net
