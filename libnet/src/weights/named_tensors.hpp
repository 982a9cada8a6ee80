#pragma once

#include <map>
#include <string>
#include <vector>

#include "seg/net/weights.hpp"

namespace seg::net {

using Names = std::vector<std::string>;
using TensorsByName = std::map<std::string, at::Tensor>;

/// A tensor of a network with all its names, the first first.
struct OwnTensor {
  at::Tensor tensor;
  Names names;
};

std::vector<OwnTensor> own_tensors(const Network& network);

/// The tensors of a file, without wrappers in their names; entries that are no tensors are
/// undefined. @throws Error if `weights` is no dictionary.
TensorsByName tensors_of(const Value& weights, const std::string& source);

/// The tensor under the last of `names` that is there, as upstream's loop over names leaves it;
/// null if none is.
const at::Tensor* last_given(const TensorsByName& given, const Names& names);

/// Files from before batch norm counted its batches do not have this one.
bool is_counter(const std::string& name);

/// "name (2x3 in the file, 2x4 in the network)".
std::string shape_difference(const std::string& name, const at::Tensor& given,
                             const at::Tensor& own);

/// "3 missing: a, b, c"; names beyond the third are left out.
std::string shortened(const Names& names, const std::string& what);

/// Copies (to, from) pairs without recording gradients.
void copy_all(const std::vector<std::pair<at::Tensor, at::Tensor>>& copies);

}  // namespace seg::net
