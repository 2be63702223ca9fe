// The stream that keeps the messages of a work endpoint.
#include <mote/micro/detail/work_state.hpp>

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;

constexpr int most_looks = 10;  // at a stream that others change, too

/// Longer than others need from what they read of a stream to what they write, and not as long as they wait.
std::chrono::milliseconds until_others_wrote() {
    static thread_local std::minstd_rand random{std::random_device()()};
    std::uniform_int_distribution<int> milliseconds(20, 200);
    return std::chrono::milliseconds(milliseconds(random));
}

}  // namespace

/// Made if it is not there; one that is there keeps what others gave it, and takes this subject as well. Others may do the
/// same at the same moment, and of two changes the server keeps the later one: so what was added is looked for again.
asio::awaitable<void> work_state::open_stream(jetstream::context js) {
    for (int looks = 1; looks <= most_looks; ++looks) {
        auto found = co_await js.find_stream(opts_.stream);
        if (!found) {
            auto config = new_stream();
            const auto made = co_await js.try_create_stream(std::move(config));
            if (made) co_return;
            continue;  // somebody else has made another one meanwhile
        }
        auto& subjects = found->config.subjects;
        if (std::find(subjects.begin(), subjects.end(), info_.subject) != subjects.end()) co_return;
        subjects.push_back(info_.subject);
        co_await js.update_stream(std::move(found->config));
        asio::steady_timer pause(js.connection().executor(), until_others_wrote());
        co_await pause.async_wait(asio::use_awaitable);
    }
    jetstream::throw_error(jetstream::errc::stream_exists, opts_.stream + " is changed by others all the time");
}

jetstream::stream_config work_state::new_stream() const {
    jetstream::stream_config config;
    config.name = opts_.stream;
    config.description = "work of " + service_;
    config.subjects = {info_.subject};
    config.retention = jetstream::retention_policy::work_queue;
    config.discard = jetstream::discard_policy::new_messages;
    config.storage = opts_.memory ? jetstream::storage_type::memory : jetstream::storage_type::file;
    config.max_messages = opts_.max_messages;
    config.max_age = opts_.max_age;
    config.duplicate_window = opts_.duplicate_window;
    config.replicas = opts_.replicas;
    return config;
}

}  // namespace mote::micro::detail
