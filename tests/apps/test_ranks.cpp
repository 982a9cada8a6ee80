#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "catch.hpp"
#include "run_seg.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "skip.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

/// As many processes as wanted on any machine: as root, side by side on its cores, and in
/// containers where one process may not read another's memory.
std::string mpirun(int processes) {
  setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 1);
  setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 1);
  setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 1);
  setenv("OMP_WAIT_POLICY", "passive", 0);
  return "mpirun -np " + std::to_string(processes) + " ";
}

bool has_mpi() {
  static const bool found =
      SEG_HAS_MPI && std::system(("timeout 60 " + mpirun(2) + "true >/dev/null 2>&1").c_str()) == 0;
  return found;
}

Outcome run_ranks(int processes, const std::vector<std::string>& arguments) {
  return RunningSeg(arguments, processes > 1 ? mpirun(processes) : "").outcome();
}

std::vector<std::string> adding(std::vector<std::string> arguments,
                                const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// 20 steps of five patches. At nnU-Net's own rate rounding grows a thousandfold within them, so
/// that one process with one thread and with two differ by as much.
std::vector<std::string> shared_training(const fs::path& work, const std::string& name) {
  return {"train",           work.string(), "--config",         "3d",  "--name",       name,
          "--epochs",        "2",           "--iterations",     "10",  "--batch-size", "5",
          "--precision",     "fp32",        "--device",         "cpu", "--threads",    "1",
          "--learning-rate", "0.001",       "--val-iterations", "2"};
}

fs::path fold_of(const fs::path& work, const std::string& name) {
  return work / ("results/nnUNetTrainer-" + name + "__nnUNetPlans__3d_fullres/fold_0");
}

/// All weights of a finished run in one row.
at::Tensor weights_of(const fs::path& fold) {
  const auto checkpoint = seg::net::read_checkpoint(fold / "checkpoint_final.pth");
  const auto* weights = checkpoint.find("network_weights");
  std::vector<at::Tensor> rows;
  for (const auto& entry : weights->as<seg::net::Value::Dict>("network_weights"))
    rows.push_back(entry.second.as<at::Tensor>("weight").flatten().to(at::kDouble));
  return at::cat(rows);
}

double distance(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

std::vector<double> losses_of(const fs::path& fold) {
  const seg::Json log = seg::read_json(fold / "progress.json");
  auto losses = log.at("train_losses").get<std::vector<double>>();
  for (const seg::Json& loss : log.at("val_losses")) losses.push_back(loss);
  return losses;
}

/// The processes that mpirun has started.
std::vector<pid_t> children_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/task/" + std::to_string(process) +
                     "/children");
  std::vector<pid_t> found;
  for (pid_t child = 0; file >> child;) found.push_back(child);
  return found;
}

/// Not if it has ended and nobody has asked how.
bool is_running(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string number, name, state;
  return file >> number >> name >> state && state != "Z";
}

/// Waits for the file, or for the end of the run.
void wait_for(RunningSeg& running, const fs::path& file) {
  while (!running.has_ended() && !fs::exists(file))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

/// FOLDER/work, planned and preprocessed.
fs::path prepared_work(const fs::path& folder) {
  REQUIRE(plan_tiny_dataset(folder).exit_code == 0);
  REQUIRE(run_seg({"preprocess", (folder / "work").string(), "--config", "3d"}).exit_code == 0);
  return folder / "work";
}

}  // namespace

TEST_CASE("one to four processes train the same network") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const TemporaryFolder folder;
  const fs::path work = prepared_work(folder.path());
  REQUIRE(run_seg(shared_training(work, "alone")).exit_code == 0);
  const at::Tensor expected = weights_of(fold_of(work, "alone"));
  const auto losses = losses_of(fold_of(work, "alone"));
  for (const int processes : {2, 3, 4}) {
    const std::string name = "together" + std::to_string(processes);
    const Outcome outcome = run_ranks(processes, shared_training(work, name));
    INFO(processes << ": " << outcome.err);
    REQUIRE(outcome.exit_code == 0);
    CHECK(distance(weights_of(fold_of(work, name)), expected) < 1e-5);
    const auto found = losses_of(fold_of(work, name));
    REQUIRE(found.size() == losses.size());
    for (std::size_t i = 0; i < losses.size(); ++i)
      CHECK(std::abs(found[i] - losses[i]) < 1e-5 * std::max(1.0, std::abs(losses[i])));
    CHECK(lines_with(outcome.out, "model: ").size() == 1);
    const std::string traffic =
        "MB a step into sums of " + std::to_string(processes) + " processes, under way for ";
    CHECK(file_content(fold_of(work, name) / "training_log.txt").find(traffic) !=
          std::string::npos);
  }
}

TEST_CASE(
    "as many processes train the same weights bit for bit, and with gradients in bf16 nearly") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const TemporaryFolder folder;
  const fs::path work = prepared_work(folder.path());
  for (const char* name : {"once", "again"})
    REQUIRE(run_ranks(3, shared_training(work, name)).exit_code == 0);
  const at::Tensor expected = weights_of(fold_of(work, "once"));
  CHECK(at::equal(weights_of(fold_of(work, "again")), expected));
  REQUIRE(run_ranks(3, adding(shared_training(work, "half"), {"--gradient-precision", "bf16"}))
              .exit_code == 0);
  const double difference = distance(weights_of(fold_of(work, "half")), expected);
  CHECK(difference > 0);
  CHECK(difference < 0.02);
}

TEST_CASE("a run that was stopped goes on with another number of processes") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const TemporaryFolder folder;
  const fs::path work = prepared_work(folder.path());
  REQUIRE(run_seg(shared_training(work, "alone")).exit_code == 0);
  const fs::path fold = fold_of(work, "stopped");
  RunningSeg running(shared_training(work, "stopped"), mpirun(3));
  wait_for(running, fold / "progress.json");
  const auto processes = children_of(running.process());
  REQUIRE(processes.size() == 3);
  kill(processes[1], SIGTERM);  // all end, though one is asked
  CHECK(running.outcome().exit_code != 0);
  REQUIRE(fs::exists(fold / "checkpoint_latest.pth"));
  CHECK_FALSE(fs::exists(fold / "checkpoint_final.pth"));
  const Outcome resumed = run_ranks(2, adding(shared_training(work, "stopped"), {"--resume"}));
  INFO(resumed.err);
  REQUIRE(resumed.exit_code == 0);
  CHECK(distance(weights_of(fold), weights_of(fold_of(work, "alone"))) < 1e-5);
}

TEST_CASE("when a process is lost the others end, and a single one goes on") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const TemporaryFolder folder;
  const fs::path work = prepared_work(folder.path());
  const fs::path fold = fold_of(work, "lost");
  auto arguments = adding(shared_training(work, "lost"), {"--save-every", "1"});
  arguments[6 + 1] = "6";  // epochs
  RunningSeg running(arguments, mpirun(3));
  wait_for(running, fold / "checkpoint_latest.pth");
  const auto processes = children_of(running.process());
  REQUIRE(processes.size() == 3);
  kill(processes[2], SIGKILL);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  CHECK(running.outcome().exit_code != 0);
  while (std::ranges::any_of(processes, is_running) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(std::ranges::none_of(processes, is_running));
  const Outcome status = run_seg({"status", work.string()});
  CHECK(status.exit_code == 0);
  const Outcome resumed = run_seg(adding(arguments, {"--resume"}));
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(fs::exists(fold / "checkpoint_final.pth"));
}

TEST_CASE("a process that gives no sign of life ends the run in one line") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const TemporaryFolder folder;
  const fs::path work = prepared_work(folder.path());
  const fs::path fold = fold_of(work, "silent");
  auto arguments = adding(shared_training(work, "silent"), {"--save-every", "1"});
  arguments[6 + 1] = "100";  // epochs
  setenv("SEG_RANK_TIMEOUT", "4", 1);
  RunningSeg running(arguments, mpirun(3));
  unsetenv("SEG_RANK_TIMEOUT");
  wait_for(running, fold / "checkpoint_latest.pth");
  const auto processes = children_of(running.process());
  REQUIRE(processes.size() == 3);
  kill(processes[1], SIGSTOP);
  const Outcome outcome = running.outcome();
  kill(processes[1], SIGKILL);
  INFO(outcome.err);
  CHECK(outcome.exit_code != 0);
  const auto errors = lines_with(outcome.err, "error: ");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("gives no sign of life") != std::string::npos);
  CHECK(fs::exists(fold / "checkpoint_latest.pth"));
}

TEST_CASE("processes share the cases of planning, preprocessing, predicting and evaluating") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const TemporaryFolder folder;
  const fs::path work = prepared_work(folder.path()), shared = folder / "shared";
  const std::string dataset = (folder / "Dataset001_Ball").string();
  REQUIRE(run_ranks(3, {"plan", dataset, "--work", shared.string()}).exit_code == 0);
  REQUIRE(run_ranks(3, {"preprocess", shared.string(), "--config", "3d"}).exit_code == 0);
  for (const char* file :
       {"plans.json", "dataset_fingerprint.json", "preprocessed/nnUNetPlans_3d_fullres/ball_3.npy",
        "preprocessed/nnUNetPlans_3d_fullres/ball_4_seg.npy"}) {
    INFO(file);
    CHECK(file_content(shared / file) == file_content(work / file));
  }

  REQUIRE(run_seg(tiny_training(work)).exit_code == 0);
  const fs::path scans = fs::path(dataset) / "imagesTr", alone = folder / "alone",
                 together = folder / "together";
  const auto predict = [&](const fs::path& to) {
    return std::vector<std::string>{"predict",
                                    "--model",
                                    model_in(work).string(),
                                    "--input",
                                    scans.string(),
                                    "--output",
                                    to.string(),
                                    "--folds",
                                    "0",
                                    "--threads",
                                    "1",
                                    "--statistics"};
  };
  REQUIRE(run_seg(predict(alone)).exit_code == 0);
  const Outcome predicted = run_ranks(3, predict(together));
  INFO(predicted.err);
  REQUIRE(predicted.exit_code == 0);
  CHECK(predicted.out.find("5 segmentations") != std::string::npos);
  for (int number = 0; number < 5; ++number) {
    const std::string file = case_name(number) + ".nii.gz";
    CHECK(file_content(together / file) == file_content(alone / file));
  }
  CHECK(seg::read_json(together / "statistics.json") == seg::read_json(alone / "statistics.json"));
  const seg::Json shared_record = seg::read_json(together / "seg_predict.json");
  CHECK(shared_record.at("processes") == 3);
  CHECK(shared_record.at("cases") == seg::read_json(alone / "seg_predict.json").at("cases"));

  const std::string labels = (fs::path(dataset) / "labelsTr").string();
  REQUIRE(run_seg({"evaluate", "--prediction", alone.string(), "--reference", labels}).exit_code ==
          0);
  REQUIRE(run_ranks(3, {"evaluate", "--prediction", together.string(), "--reference", labels})
              .exit_code == 0);
  seg::Json expected = seg::read_json(alone / "summary.json");
  seg::Json found = seg::read_json(together / "summary.json");
  for (seg::Json* summary : {&expected, &found})
    for (seg::Json& one : summary->at("metric_per_case")) one.erase("prediction_file");
  CHECK(found.dump() == expected.dump());

  // Parts are for processes that do not know each other, whoever starts them.
  const fs::path parts = folder / "parts";
  REQUIRE(run_ranks(2, adding(predict(parts), {"--num-parts", "2", "--part-id", "1"})).exit_code ==
          0);
  const seg::Json record = seg::read_json(parts / "seg_predict_part_1_of_2.json");
  CHECK(record.at("cases").size() == 2);
  CHECK_FALSE(record.contains("processes"));

  fs::remove_all(together);
  std::ofstream(scans / "broken_0000.nii.gz") << "nothing";
  const Outcome broken = run_ranks(3, predict(together));
  CHECK(broken.exit_code == 1);
  CHECK(lines_with(broken.err, "error: ").size() == 1);
  CHECK(times(broken.err, "case broken: ") == 1);
  CHECK(fs::exists(together / "ball_4.nii.gz"));

  std::ofstream(together / "ball_0.nii.gz") << "nothing";
  const Outcome evaluated =
      run_ranks(3, {"evaluate", "-i", together.string(), "--reference", labels, "--json"});
  INFO(evaluated.err);
  CHECK(evaluated.exit_code == 1);
  CHECK(seg::Json::parse(evaluated.out)["metric_per_case"].size() == 4);
  CHECK(times(evaluated.err, "case ball_0: ") == 1);
  CHECK(lines_with(evaluated.err, "error: ") ==
        std::vector<std::string>{"error: 1 of 5 cases was not evaluated; the lines above say why"});
}

TEST_CASE("what several processes cannot do is refused in one line") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const TemporaryFolder folder;
  const fs::path work = prepared_work(folder.path());
  const Outcome status = run_ranks(2, {"status", work.string()});
  CHECK(status.exit_code == 1);
  CHECK(status.err.find("does not share its work between processes") != std::string::npos);
  auto too_many = shared_training(work, "few");
  too_many[10 + 1] = "3";
  too_many[8 + 1] = "2";
  too_many = adding(too_many, {"--overwrite"});
  const Outcome refused = run_ranks(4, too_many);
  CHECK(refused.exit_code == 2);
  CHECK(lines_with(refused.err, "error: ").size() == 1);
}

TEST_CASE("of several processes the first tells what is wrong with the command, or its version") {
  if (!has_mpi()) return skip("seg is built without MPI, or no mpirun starts processes here");
  const std::vector<std::vector<std::string>> wrong{
      {"predict", "--modle", "x"}, {"train"}, {"evaluate", "--prediction", "x", "--jobs", "0"}};
  for (const auto& arguments : wrong) {
    const Outcome outcome = run_ranks(4, arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(lines_with(outcome.err, "error: ").size() == 1);
  }
  CHECK(lines_with(run_ranks(3, {"--version"}).out, "LibTorch ").size() == 1);
}
