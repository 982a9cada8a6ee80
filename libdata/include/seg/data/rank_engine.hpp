#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace seg::data {

enum class RankNumber { int64, float32, float64, bfloat16 };

/// Numbers that all ranks add up, each in its own memory.
struct RankSum {
  void* values = nullptr;  ///< that stay until the sum is there
  std::size_t count = 0;
  RankNumber type = RankNumber::float32;
};

/// The time at which a sum was there.
using SumDone = std::future<std::chrono::steady_clock::time_point>;

/// Called in a thread of the engine's when the run cannot go on: with the name of a rank that is
/// silent, or with none when another rank has failed, which tells its reason itself and exits with
/// this code. Must not return.
using OnLost = std::function<void(const std::string& rank, int exit_code)>;

/// What moves data between ranks: the plugin "mpi". All ranks call the same functions in the same
/// order, but for next() and fail(). Safe to call from several threads.
class RankEngine {
 public:
  virtual ~RankEngine() = default;  ///< waits for the other ranks' ends
  virtual int rank() const = 0;
  virtual int count() const = 0;
  virtual SumDone start_sum(const RankSum& sum) = 0;
  /// The first rank's bytes come to all.
  virtual void broadcast(void* bytes, std::size_t count) = 0;
  /// Everybody's text, by rank, to all.
  virtual std::vector<std::string> gather(const std::string& own) = 0;
  virtual void wait_for_all() = 0;
  /// The counter that all share starts from 0.
  virtual void restart_counter() = 0;
  virtual std::int64_t next() = 0;
  /// Tells the other ranks, as far as they can be reached, that this one gives up.
  /// @param exit_code of this process, 1 to 255.
  virtual void fail(int exit_code) = 0;
};

/// How long another rank may be silent. Every rank gives a sign of life each few seconds, whatever
/// it does.
struct RankPatience {
  double seconds = 30;
};

/// What the plugin exports as "seg_join_ranks".
using JoinRanks = std::unique_ptr<RankEngine>(const RankPatience&, const OnLost&);

}  // namespace seg::data
