#include <apps/mote/dev/file_tail.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace mote::command {

namespace asio = boost::asio;

/// Shared with the wait for more, which may end after the object.
struct file_tail::state : std::enable_shared_from_this<state> {
    state(const asio::any_io_executor& executor, std::function<void(std::string_view)> on_line)
        : changes(executor), lines(std::move(on_line)) {}
    ~state() {
        if (file >= 0) ::close(file);
    }

    void wait() {
        changes.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& failed) {
                               if (failed || self->over) return;
                               std::array<char, 4096> unused;
                               while (::read(self->changes.native_handle(), unused.data(), unused.size()) > 0) {
                               }
                               self->read_on();
                               self->wait();
                           });
    }

    void read_on() {
        std::array<char, 16 * 1024> part;
        for (ssize_t count = 0; (count = ::read(file, part.data(), part.size())) > 0;)
            lines.take({part.data(), static_cast<std::size_t>(count)});
    }

    asio::posix::stream_descriptor changes;
    line_splitter lines;
    int file = -1;
    bool over = false;
};

file_tail::file_tail(const asio::any_io_executor& executor, const std::filesystem::path& file,
                     std::function<void(std::string_view)> on_line)
    : state_(std::make_shared<state>(executor, std::move(on_line))) {
    state_->file = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const int changes = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (changes < 0) return;
    state_->changes.assign(changes);
    if (state_->file < 0 || ::inotify_add_watch(changes, file.c_str(), IN_MODIFY) < 0) return;
    state_->read_on();
    state_->wait();
}

file_tail::~file_tail() {
    if (state_->file >= 0) state_->read_on();
    state_->over = true;
    boost::system::error_code ignored;
    state_->changes.close(ignored);
}

}  // namespace mote::command
