#include <mote/objects/files.hpp>

#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;

namespace {

[[noreturn]] void throw_errno(int error, const std::filesystem::path& file) {
    throw boost::system::system_error(error, boost::system::generic_category(), file.native());
}

/// A file of the system; each call is tried again when a signal came between.
class open_file {
public:
    open_file(std::filesystem::path path, int flags) : path_(std::move(path)) {
        do fd_ = ::open(path_.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
        while (fd_ < 0 && errno == EINTR);
        if (fd_ < 0) throw_errno(errno, path_);
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    ~open_file() {
        if (fd_ >= 0) ::close(fd_);
    }

    const std::filesystem::path& path() const noexcept { return path_; }

    void require_regular() const {
        struct stat is{};
        if (::fstat(fd_, &is) != 0) throw_errno(errno, path_);
        if (!S_ISREG(is.st_mode)) throw_errno(EINVAL, path_);
    }

    /// Up to `most` bytes; none at the end.
    std::string read(std::size_t most) const {
        std::string bytes(most, '\0');
        ssize_t count = 0;
        do count = ::read(fd_, bytes.data(), bytes.size());
        while (count < 0 && errno == EINTR);
        if (count < 0) throw_errno(errno, path_);
        bytes.resize(static_cast<std::size_t>(count));
        return bytes;
    }

    void write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto count = ::write(fd_, bytes.data(), bytes.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw_errno(errno, path_);
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    /// Some file systems tell only now that there was no room.
    void close() {
        if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) throw_errno(errno, path_);
    }

private:
    std::filesystem::path path_;
    int fd_ = -1;
};

std::filesystem::path part_of(const std::filesystem::path& file) {
    auto part = file;
    part += '.' + nats::next_nuid() + ".part";
    return part;
}

/// A file on its way: removed unless it was finished.
class part_file {
public:
    explicit part_file(std::filesystem::path file)
        : file_(std::move(file)), part_(part_of(file_), O_WRONLY | O_CREAT | O_EXCL) {}
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;
    ~part_file() {
        if (!finished_) ::unlink(part_.path().c_str());
    }

    void write(std::string_view bytes) const { part_.write(bytes); }
    void finish() {
        part_.close();
        if (::rename(part_.path().c_str(), file_.c_str()) != 0) throw_errno(errno, file_);
        finished_ = true;
    }

private:
    std::filesystem::path file_;
    open_file part_;
    bool finished_ = false;
};

asio::awaitable<std::string> next_piece(std::shared_ptr<open_file> file, std::size_t most) {
    co_return file->read(most);
}

asio::awaitable<object_info> read_into(reader object, std::filesystem::path path, file_progress progress) {
    part_file file(std::move(path));
    std::uint64_t done = 0;
    for (;;) {
        const auto piece = co_await object.next();
        if (!piece) break;
        file.write(*piece);
        done += piece->size();
        if (progress) progress(done, object.info().size);
    }
    file.finish();
    co_return object.info();
}

}  // namespace

asio::awaitable<object_info> put_file(store to, std::filesystem::path file, object_meta meta) {
    if (meta.name.empty()) meta.name = file.filename().native();
    constexpr std::size_t least = 64 * 1024;  // a call of the system costs more than small chunks
    const auto piece = std::max(meta.chunk_size, least);
    const auto opened = std::make_shared<open_file>(std::move(file), O_RDONLY | O_NONBLOCK);  // a pipe would wait
    opened->require_regular();
    source from = std::bind_front(next_piece, opened, piece);
    co_return co_await to.put(std::move(meta), std::move(from));
}

asio::awaitable<object_info> get_file(store from, std::string name, std::filesystem::path file,
                                      file_progress progress) {
    auto object = co_await from.get(std::move(name));  // what is not there leaves no file
    co_return co_await read_into(std::move(object), std::move(file), std::move(progress));
}

}  // namespace mote::objects
