#include "signs_of_life.hpp"

#include <string>
#include <thread>
#include <utility>

namespace seg::data {
namespace {

constexpr int sign_tag = 1;
constexpr char alive = 0;  // any other sign is the exit code of a process that gives up

}  // namespace

SignsOfLife::SignsOfLife(MPI_Comm all, const RankPatience& patience, OnLost on_lost)
    : patience_(patience), on_lost_(std::move(on_lost)) {
  MPI_Comm_dup(all, &comm_);
  MPI_Comm_rank(comm_, &rank_);
  int count = 1;
  MPI_Comm_size(comm_, &count);
  for (int other = 0; other < count; ++other)
    if (other != rank_ && (rank_ == 0 || other == 0)) others_.push_back({other});
}

SignsOfLife::~SignsOfLife() {
  for (Other& other : others_)
    if (other.sending != MPI_REQUEST_NULL) MPI_Wait(&other.sending, MPI_STATUS_IGNORE);
  MPI_Comm_free(&comm_);
}

void SignsOfLife::exchange() {
  const double pause = seconds_since(last_look_);
  last_look_ = Clock::now();
  receive();
  // A process that was itself stopped for a while has heard nothing meanwhile.
  if (pause > patience_.seconds / 4)
    for (Other& other : others_) other.heard = last_look_;
  if (seconds_since(sent_) > patience_.seconds / 6) send(alive);
  if (seconds_since(last_look_) > patience_.seconds / 4) return;  // stopped in between: see above
  for (const Other& other : others_)
    if (seconds_since(other.heard) > patience_.seconds) {
      give_up(1);
      on_lost_(std::to_string(other.rank), 1);
    }
}

void SignsOfLife::give_up(char exit_code) {
  const auto start = Clock::now();
  while (seconds_since(start) < 1) {
    if (gave_up_) {
      bool sent = true;
      for (Other& other : others_) sent = is_sent(other) && sent;
      if (sent) return;
    } else if (send(exit_code)) {
      gave_up_ = true;
    }
    std::this_thread::yield();
  }
}

bool SignsOfLife::is_sent(Other& other) {
  int done = 1;
  MPI_Test(&other.sending, &done, MPI_STATUS_IGNORE);
  return done != 0;
}

bool SignsOfLife::send(char sign) {
  bool all = true;
  sent_ = Clock::now();
  for (Other& other : others_) {
    if (!is_sent(other)) {
      all = false;
      continue;
    }
    other.sent = sign;
    MPI_Isend(&other.sent, 1, MPI_CHAR, other.rank, sign_tag, comm_, &other.sending);
  }
  return all;
}

void SignsOfLife::receive() {
  for (int there = 1; there;) {
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, sign_tag, comm_, &there, &status);
    if (!there) return;
    char sign = alive;
    MPI_Recv(&sign, 1, MPI_CHAR, status.MPI_SOURCE, sign_tag, comm_, MPI_STATUS_IGNORE);
    for (Other& other : others_)
      if (other.rank == status.MPI_SOURCE) other.heard = Clock::now();
    if (sign == alive) continue;
    if (rank_ == 0) give_up(sign);
    on_lost_("", static_cast<unsigned char>(sign));
  }
}

}  // namespace seg::data
