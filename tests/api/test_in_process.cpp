#include <atomic>

#include "catch.hpp"
#include "seg/predictor.hpp"
#include "seg/training.hpp"
#include "train/tiny_training.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

TrainRequest tiny_request(const fs::path& work) {
  TrainRequest request;
  request.work = work;
  request.fold = "all";
  request.settings = test::tiny_options().settings.dump();
  request.device = "cpu";
  request.threads = 1;
  return request;
}

}  // namespace

TEST_CASE("a training in process tells of its epochs, stops, goes on, and ends as without a stop") {
  const test::TemporaryFolder folder, other;
  std::vector<EpochReport> epochs;
  std::atomic<bool> stop = false;
  RunControl control;
  control.stop = &stop;
  control.epoch = [&](const EpochReport& epoch) {
    epochs.push_back(epoch);
    stop = epoch.epoch == 1;
  };
  const fs::path work = test::write_tiny_work(folder);
  TrainRequest request = tiny_request(work);
  const TrainedFold stopped = train_fold(request, control);
  CHECK(stopped.stopped);
  REQUIRE(epochs.size() == 1);
  CHECK(epochs[0].epochs == 2);
  request.resume = true;
  stop = false;
  const TrainedFold fold = train_fold(request, control);
  CHECK_FALSE(fold.stopped);
  REQUIRE(epochs.size() == 2);
  CHECK(epochs[1].epoch == 2);
  const Json progress = read_json(fold.model / "fold_all/progress.json");
  CHECK(progress["train_losses"][1].get<double>() == epochs[1].train_loss);

  const fs::path work_at_once = test::write_tiny_work(other);
  const TrainedFold at_once = train_fold(tiny_request(work_at_once));
  CHECK(fold.dice == at_once.dice);
  CHECK(test::equal_weights(fold.model / "fold_all/checkpoint_final.pth",
                            at_once.model / "fold_all/checkpoint_final.pth"));
  CHECK_NOTHROW(Predictor::load(fold.model));
}

TEST_CASE("a dataset is planned and preprocessed in process") {
  const test::TemporaryFolder folder;
  test::write_tiny_work(folder);
  const fs::path work = folder / "planned";
  const auto configurations = plan_work({folder / "Dataset900_Balls", work});
  CHECK(configurations == std::vector<std::string>{"2d", "3d_fullres"});
  std::atomic<bool> stop = true;
  RunControl control;
  control.stop = &stop;
  CHECK_THROWS_AS(preprocess_work({work, "3d"}, control), Error);
  stop = false;
  preprocess_work({work, "3d"}, control);
  CHECK(fs::exists(work / "preprocessed/nnUNetPlans_3d_fullres/ball_0.npy"));
  TrainRequest request = tiny_request(work);
  request.settings = "epochs";
  CHECK_THROWS_WITH(train_fold(request), ContainsSubstring("no JSON object"));
}
