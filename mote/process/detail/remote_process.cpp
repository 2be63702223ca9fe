#include <mote/process/detail/remote_process.hpp>

#include <mote/process/detail/spawn_client.hpp>

#include <utility>

namespace mote::process::detail {

remote_process::remote_process(const boost::asio::any_io_executor& executor, std::weak_ptr<spawn_client> client,
                               std::uint64_t id)
    : running(executor), client_(std::move(client)), id_(id), answered_(executor) {}

void remote_process::has_started(pid_t pid) noexcept {
    set_pid(pid);
    started_ = true;
    answered_.open();
}

void remote_process::has_failed(errc code, std::string text) noexcept {
    failed_ = failure{.code = code, .text = std::move(text)};
    answered_.open();
}

void remote_process::send(int number) noexcept {
    if (const auto client = client_.lock()) client->signal(id_, number);
}

}  // namespace mote::process::detail
