#include <mote/functions/detail/key_file.hpp>

#include <mote/functions/detail/owned_fd.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/nuid.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace mote::functions::detail {
namespace {

constexpr std::string_view intro = "mote sealing key 1: ";
constexpr std::size_t digits = 2 * key_bytes::size();
constexpr std::size_t file_size = intro.size() + digits + 1;  // and a line's end
constexpr mode_t owner_only = 0600;
constexpr mode_t others_write = 022;
constexpr mode_t others_any = 077;

/// The text of a key file. Wiped at the end; one place, because a string that grows would leave copies.
struct file_text {
    file_text() = default;
    file_text(const file_text&) = delete;
    file_text& operator=(const file_text&) = delete;
    ~file_text() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

    std::string_view view() const noexcept { return {bytes.data(), file_size}; }

    std::array<char, file_size + 1>
        bytes{};  // with the NUL that OpenSSL writes, and a place to see that a file is longer
};

/// A name that is taken away again, whatever comes.
class temporary_name {
public:
    explicit temporary_name(std::filesystem::path name) : name_(std::move(name)) {}
    temporary_name(const temporary_name&) = delete;
    temporary_name& operator=(const temporary_name&) = delete;
    ~temporary_name() { ::unlink(name_.c_str()); }

private:
    std::filesystem::path name_;
};

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view why) {
    throw_error(errc::bad_key, path.string() + ": " + std::string(why));
}

[[noreturn]] void refuse_errno(const std::filesystem::path& path, std::string_view what) {
    const auto code = std::error_code(errno, std::generic_category());
    refuse(path, std::string(what) + ": " + code.message());
}

std::filesystem::path directory_of(const std::filesystem::path& file) {
    const auto directory = file.parent_path();
    return directory.empty() ? std::filesystem::path(".") : directory;
}

/// Who may write to the directory may put another key in the place of this one.
void check_directory(const std::filesystem::path& directory) {
    struct stat found{};
    if (::stat(directory.c_str(), &found) != 0) refuse_errno(directory, "cannot be read");
    if (!S_ISDIR(found.st_mode)) refuse(directory, "is not a directory");
    if ((found.st_mode & others_write) != 0) refuse(directory, "others may write to it");
}

void make_directory(const std::filesystem::path& directory) {
    std::error_code failed;
    const auto above = directory.parent_path();
    if (!above.empty()) std::filesystem::create_directories(above, failed);
    if (failed) refuse(above, "cannot be made: " + failed.message());
    if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) refuse_errno(directory, "cannot be made");
}

void check_file(const std::filesystem::path& file, int fd) {
    struct stat found{};
    if (::fstat(fd, &found) != 0) refuse_errno(file, "cannot be read");
    if (!S_ISREG(found.st_mode)) refuse(file, "is not a regular file");
    if (found.st_uid != ::geteuid()) refuse(file, "belongs to somebody else");
    if ((found.st_mode & others_any) != 0)
        refuse(file, "others may use it: chmod 600 it, and think of who has read it");
}

/// How many bytes the file has, up to one too many.
std::size_t read_all(const std::filesystem::path& file, int fd, file_text& text) {
    std::size_t got = 0;
    while (got < text.bytes.size()) {
        const auto part = ::read(fd, text.bytes.data() + got, text.bytes.size() - got);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) refuse_errno(file, "cannot be read");
        if (part == 0) break;
        got += static_cast<std::size_t>(part);
    }
    return got;
}

void write_all(const std::filesystem::path& file, int fd, std::string_view text) {
    while (!text.empty()) {
        const auto part = ::write(fd, text.data(), text.size());
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) refuse_errno(file, "cannot be written");
        text.remove_prefix(static_cast<std::size_t>(part));
    }
    if (::fsync(fd) != 0) refuse_errno(file, "cannot be written");
}

void print(const key_bytes& key, file_text& text) {
    intro.copy(text.bytes.data(), intro.size());
    std::size_t written = 0;
    if (OPENSSL_buf2hexstr_ex(text.bytes.data() + intro.size(), digits + 1, &written, key.data(), key.size(), '\0') !=
        1)
        throw_error(errc::bad_key, "OpenSSL cannot print it");
    text.bytes[file_size - 1] = '\n';
}

bool scan(file_text& text, key_bytes& key) {
    const auto whole = text.view();
    if (!whole.starts_with(intro) || whole.back() != '\n') return false;
    if (whole.substr(intro.size(), digits).find_first_not_of("0123456789ABCDEFabcdef") != std::string_view::npos)
        return false;
    text.bytes[file_size - 1] = '\0';
    std::size_t got = 0;
    return OPENSSL_hexstr2buf_ex(key.data(), key.size(), &got, text.bytes.data() + intro.size(), '\0') == 1 &&
           got == key.size();
}

}  // namespace

std::optional<key_bytes> read_key_file(const std::filesystem::path& file) {
    // A FIFO would block without O_NONBLOCK.
    const owned_fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (opened.get() < 0 && errno == ENOENT) return std::nullopt;
    if (opened.get() < 0 && errno == ELOOP) refuse(file, "is not a regular file");
    if (opened.get() < 0) refuse_errno(file, "cannot be read");
    check_file(file, opened.get());
    check_directory(directory_of(file));
    file_text text;
    key_bytes key;
    if (read_all(file, opened.get(), text) != file_size || !scan(text, key)) refuse(file, "holds something else");
    return key;
}

bool create_key_file(const std::filesystem::path& file, const key_bytes& key) {
    const auto directory = directory_of(file);
    make_directory(directory);
    check_directory(directory);

    const auto name = directory / ("." + file.filename().string() + "." + nats::next_nuid());
    const owned_fd made(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only));
    if (made.get() < 0) refuse_errno(file, "cannot be made");
    const temporary_name until_the_end(name);
    if (::fchmod(made.get(), owner_only) != 0) refuse_errno(file, "cannot be made");  // whatever the umask
    file_text text;
    print(key, text);
    write_all(file, made.get(), text.view());

    // Not `rename`, which would take the place of one that another process has made meanwhile.
    if (::link(name.c_str(), file.c_str()) != 0) {
        if (errno == EEXIST) return false;
        refuse_errno(file, "cannot be made");
    }
    const owned_fd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.get() < 0 || ::fsync(parent.get()) != 0) refuse_errno(directory, "cannot be written");
    return true;
}

}  // namespace mote::functions::detail
