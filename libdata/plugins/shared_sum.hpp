#pragma once

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "seg/data/rank_engine.hpp"

namespace seg::data {

/// Numbers that all ranks add up: each rank gets everybody's values of its part, adds them in the
/// order of the ranks, and gives its part's sums to all. So every link carries data both ways all
/// the time, and the sums are the same on every rank, bit for bit, whatever MPI does.
class SharedSum {
 public:
  /// @param rank this one of `count`.
  SharedSum(const RankSum& sum, int rank, int count);

  void spread(MPI_Comm all, MPI_Request& request);
  /// Once that is done.
  void add_up_and_return(MPI_Comm all, MPI_Request& request);

 private:
  /// What MPI and this class have for numbers of a type.
  struct Kind {
    MPI_Datatype type;
    std::size_t bytes;  ///< of a number
    /// @param values the first rank's, then the second's and so on; each has as many as `here` says
    void (*add)(const void* values, void* sums, const std::vector<int>& here);
  };
  static Kind kind_of(RankNumber type);

  RankSum sum_;
  Kind kind_;
  int own_first_ = 0;
  std::vector<int> numbers_, firsts_;    // of each rank's part
  std::vector<int> here_, places_;       // what each rank sends here, and where it is put
  std::unique_ptr<std::byte[]> values_;  // everybody's of this rank's part
};

}  // namespace seg::data
