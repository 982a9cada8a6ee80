#pragma once

#include <mpi.h>

#include <chrono>
#include <deque>

#include "seg/data/rank_engine.hpp"

namespace seg::data {

/// Of processes that MPI joins: the others give theirs to the first rank, which gives its own to
/// them. All calls come from the thread that calls MPI.
class SignsOfLife {
 public:
  using Clock = std::chrono::steady_clock;

  /// @param on_lost is told the rank that gave no sign for too long, or the exit code of one that
  /// gave up.
  SignsOfLife(MPI_Comm all, const RankPatience& patience, OnLost on_lost);
  ~SignsOfLife();
  SignsOfLife(const SignsOfLife&) = delete;
  SignsOfLife& operator=(const SignsOfLife&) = delete;

  /// To be called often.
  void exchange();

  /// Tells the others, for a second at most each.
  /// @param exit_code of this process, not 0.
  void give_up(char exit_code);

 private:
  struct Other {
    int rank;
    Clock::time_point heard = Clock::now();
    MPI_Request sending = MPI_REQUEST_NULL;
    char sent = 0;  ///< its content
  };

  static bool is_sent(Other& other);

  /// @returns whether all could be sent; a rank that takes nothing gets no further one.
  bool send(char sign);
  void receive();

  RankPatience patience_;
  OnLost on_lost_;
  MPI_Comm comm_{};
  int rank_ = 0;
  std::deque<Other> others_;  // whose addresses stay
  Clock::time_point sent_{}, last_look_ = Clock::now();
  bool gave_up_ = false;
};

/// @returns seconds.
inline double seconds_since(SignsOfLife::Clock::time_point then) {
  return std::chrono::duration<double>(SignsOfLife::Clock::now() - then).count();
}

}  // namespace seg::data
