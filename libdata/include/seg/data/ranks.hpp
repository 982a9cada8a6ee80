#pragma once

#include <ATen/ATen.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "seg/data/rank_engine.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// What ranks sent to each other.
struct RankTraffic {
  std::int64_t bytes = 0;  ///< that this rank put into sums
  double under_way = 0;    ///< seconds in which one or more of them were not there yet
  double waited = 0;       ///< of these, in which this rank did nothing but wait for them
};

/// A sum to be given to Ranks::finish().
struct RunningSum {
  std::chrono::steady_clock::time_point started{};
  SumDone done{};
};

/// The processes ("ranks") of one run that work as one: started by mpirun or srun, joined by MPI.
/// What takes a `Ranks*` does all the work where that is null.
///
/// All ranks call the same functions in the same order, from one thread at a time each; next_case()
/// may be called from any. The run of all ends when one of them fails or is lost.
class Ranks {
 public:
  explicit Ranks(std::unique_ptr<RankEngine> engine);
  ~Ranks();  ///< waits for the others
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int rank() const;   ///< from 0
  int count() const;  ///< at least 2
  /// The one that speaks and that writes what is written once.
  bool leads() const { return rank() == 0; }
  /// This one's place among those of its machine.
  int rank_on_machine() const { return rank_on_machine_; }
  int ranks_on_machine() const { return ranks_on_machine_; }
  /// Cores for each of those that share them: ranks bound to the same cores have a part each.
  int threads() const { return threads_; }

  /// Adds `values` (contiguous, on the CPU: int64, float32, float64 or bfloat16) up over the ranks,
  /// in place. The sums are the same on every rank, bit for bit.
  void sum(const at::Tensor& values);
  /// The same while other work goes on.
  RunningSum start_sum(const at::Tensor& values);
  void finish(RunningSum sum);
  /// Whether it is so on one of them.
  bool any(bool mine);
  /// The first rank's values (contiguous, on the CPU) come to all, in place.
  void take_over(const at::Tensor& values);
  /// What each has, by rank.
  std::vector<std::string> gather(const std::string& own);
  /// The leader's text, to all.
  std::string leaders(const std::string& own);
  void wait_for_all();

  /// Cases are dealt out anew, from number 0 on.
  void deal_cases();
  /// The next case that no rank has taken.
  std::int64_t next_case();

  /// Does what each rank has to do, which may throw, and waits for the others. The leader's
  /// reporter gets what all of them warn of.
  /// @throws Error on every rank when `work` failed on one: what the first of them said, and how
  /// many others failed, too.
  void do_together(const Reporter& reporter, const std::function<void(const Reporter&)>& work);

  /// Tells the others that this one gives up, and its exit code (1 to 255), which becomes theirs.
  void fail(int exit_code);
  const RankTraffic& traffic() const { return traffic_; }
  /// Of sums that were not made by start_sum(), but between GPUs.
  void note_traffic(const RankTraffic& more);

 private:
  std::unique_ptr<RankEngine> engine_;
  int rank_on_machine_ = 0, ranks_on_machine_ = 1, threads_ = 1;
  RankTraffic traffic_;
  std::chrono::steady_clock::time_point last_done_{};  // of the sums that are finished
};

/// Numbers [first, end) of `count` things, of which this rank has about as many as each other.
struct RankShare {
  std::int64_t first = 0, end = 0;
};
RankShare share_of(const Ranks* ranks, std::int64_t count);

/// Whether this process leads, or is alone.
inline bool leads(const Ranks* ranks) { return !ranks || ranks->leads(); }

/// Whether mpirun or srun started this process as one of several, by what they put into the
/// environment.
bool is_one_of_several();
/// Which of them this is, by the same; 0 if it is none.
int rank_as_started();

/// Joins the processes that were started together.
/// @param on_lost called in another thread when the run cannot go on: with the name of a rank that
/// has been silent for too long, or with none when another rank has failed, said why, and exits
/// with this code. It ends the process.
/// @throws Error when seg was built without MPI, and when the processes do not find each other.
std::unique_ptr<Ranks> join_ranks(const OnLost& on_lost);

}  // namespace seg::data
