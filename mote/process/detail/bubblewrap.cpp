#include <mote/process/detail/bubblewrap.hpp>

#include <mote/process/detail/find_program.hpp>
#include <mote/process/detail/sandbox_settings.hpp>
#include <mote/process/detail/sandbox_view.hpp>
#include <mote/process/detail/start.hpp>
#include <mote/process/error.hpp>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <utility>

namespace mote::process::detail {
namespace {

constexpr int first_descriptor = 3;

constexpr std::string_view passwd =
    "root:x:0:0:root:/:/usr/sbin/nologin\n"
    "app:x:1000:1000:app:/home/app:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
constexpr std::string_view group = "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n";
constexpr std::string_view nsswitch =
    "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n";

/// Collects bwrap's options and the files in memory that they name.
class builder {
public:
    builder(const command& what, unsigned user, bool is_root) : first_(what.descriptors.size()) {
        plan_.contents.emplace_back();  // the options themselves
        plan_.user = user;
        if (is_root) plan_.stage = stage;
    }

    void add(std::initializer_list<std::string_view> words) {
        for (const std::string_view word : words) {
            plan_.contents.front() += word;
            plan_.contents.front() += '\0';
        }
    }

    void add_text(std::string_view path, std::string_view content, std::string_view mode) {
        plan_.contents.emplace_back(content);
        add({"--perms", mode, "--ro-bind-data", number(plan_.contents.size() - 1), path});
    }

    /// A file that is no mount of its own: read-only only where its directory becomes so.
    void add_copy(std::string_view path, std::string_view content) {
        plan_.contents.emplace_back(content);
        add({"--perms", "0444", "--file", number(plan_.contents.size() - 1), path});
    }

    /// Root's directories may be closed to the user that it becomes: what lies in them is mounted where he can reach it.
    void add_mount(const std::string& here, std::string_view inside, std::string_view how = "--ro-bind") {
        std::error_code failed;
        const std::string real = std::filesystem::canonical(here, failed).string();
        if (failed && here == "/proc/self/exe")
            throw_error(errc::bad_command, "this program was replaced or removed since it was started; start it again");
        if (failed) throw_error(errc::bad_command, here + " cannot be given to a sandbox: " + failed.message());
        if (plan_.stage.empty()) return add({how, real, inside});
        std::string target = plan_.stage + '/' + std::to_string(plan_.mounts.size());
        add({how, target, inside});
        plan_.mounts.push_back(
            {.source = real, .target = std::move(target), .directory = std::filesystem::is_directory(real, failed)});
    }

    std::string options_descriptor() const { return number(0); }
    sandbox_plan take() { return std::move(plan_); }

private:
    std::string number(std::size_t content) const { return std::to_string(first_descriptor + first_ + content); }

    sandbox_plan plan_;
    std::size_t first_;
};

void check(const command& what, const sandbox& box) {
    check_command(what);
    if (what.plan) throw_error(errc::bad_command, "a sandbox in a sandbox");
    const auto absolute = [](const std::string& path, const char* role) {
        if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos) {
            throw_error(errc::bad_command, std::string(role) + " that is no absolute path: '" + path + "'");
        }
    };
    if (!what.directory.empty()) absolute(what.directory, "a directory");
    if (!box.bundle.empty()) {
        absolute(box.bundle, "a bundle");
        std::error_code failed;
        if (!std::filesystem::is_directory(box.bundle, failed)) {
            throw_error(errc::bad_command, "a bundle that is no directory: '" + box.bundle + "'");
        }
    }
    for (const auto* const mounts : {&box.read_only, &box.writable}) {
        for (const auto& [here, inside] : *mounts) {
            absolute(here, "a file");
            absolute(inside, "a place");
        }
    }
    for (const auto& file : box.files) absolute(file.path, "a file");
}

/// A directory in memory; of half of the machine's where `size` is 0.
void add_memory(builder& to, std::string_view path, std::uint64_t size, std::string_view mode) {
    to.add({"--perms", mode});
    if (size > 0) to.add({"--size", std::to_string(size)});
    to.add({"--tmpfs", path});
}

/// The first of all: what else is mounted lies in it.
void add_root(builder& to, const sandbox& box) {
    constexpr std::uint64_t least = 64 * 1024;  // for the places of all mounts
    if (box.tmp_size > 0) add_memory(to, "/", std::max(box.tmp_size / 4, least), "0755");
}

void add_system(builder& to, const sandbox& box) {
    for (const auto& [path, target] : sandbox_view::system()) {
        if (target.empty()) {
            to.add({"--ro-bind", path, path});
        } else {
            to.add({"--symlink", target, path});
        }
    }
    to.add({"--perms", "0755", "--tmpfs", "/etc"});
    const auto settings = sandbox_settings::of_this_machine();
    for (const auto& file : settings.copies) to.add_copy(file.path, file.content);
    for (const std::string& path : settings.mounts) to.add({"--ro-bind-try", path, path});
    to.add_copy("/etc/passwd", passwd);
    to.add_copy("/etc/group", group);
    to.add_copy("/etc/nsswitch.conf", nsswitch);
    to.add({"--proc", "/proc", "--dev", "/dev"});
    add_memory(to, "/dev/shm", (box.tmp_size + 1) / 2, "1777");
    to.add({"--remount-ro", "/dev"});  // what is mounted in it stays as it is
    add_memory(to, "/tmp", box.tmp_size, "1777");
    to.add({"--symlink", "../tmp", "/var/tmp", "--dir", "/run"});
}

std::string octal(unsigned mode) {
    std::string text;
    for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((mode >> shift) & 7U));
    return text;
}

}  // namespace

command bubblewrap::wrap(command what, const sandbox& box) const {
    check(what, box);
    const std::string directory = what.directory.empty() ? std::string(home) : what.directory;
    const auto path = path_of(what.environment);
    const sandbox_view view(box);
    const auto inside = view.find_program(what.program, path, directory);
    if (!inside) {
        const auto why = view.wrong_name_of(what.program, directory);
        throw_error(errc::program_not_found, what.program + " (in the sandbox)" + (why.empty() ? "" : ": " + why));
    }
    if (const auto why = view.missing_interpreter_of(*inside, directory); !why.empty())
        throw_error(errc::program_not_found, what.program + " (in the sandbox): " + why);

    builder to(what, box.host_user, is_root);
    to.add({"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"});
    if (can_disable_userns) to.add({"--disable-userns"});
    if (box.net == sandbox::network::none) to.add({"--unshare-net"});
    to.add({"--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--die-with-parent", "--new-session"});
    add_root(to, box);
    add_system(to, box);
    if (box.bundle.empty()) {
        to.add({"--dir", home});
    } else {
        to.add_mount(box.bundle, home);
    }
    for (const auto& [here, place] : box.read_only) to.add_mount(here, place);
    for (const auto& [here, place] : box.writable) to.add_mount(here, place, "--bind");
    for (const auto& file : box.files) to.add_text(file.path, file.content, octal(file.mode));
    to.add({"--remount-ro", "/etc"});  // when all that lies in it is there
    if (box.read_only_root) to.add({"--remount-ro", "/"});
    to.add({"--chdir", directory});
    // Not in bwrap's own environment: LD_PRELOAD and its like must not work outside. Not in its arguments: `ps` shows them.
    for (const auto& [name, value] : what.environment) to.add({"--setenv", name, value});

    std::vector<std::string> arguments = {"--args", to.options_descriptor(), "--", *inside};
    arguments.insert(arguments.end(), std::make_move_iterator(what.arguments.begin()),
                     std::make_move_iterator(what.arguments.end()));
    what.program = program;
    what.arguments = std::move(arguments);
    what.environment.clear();
    what.directory = "/";
    what.plan = std::make_shared<const sandbox_plan>(to.take());
    return what;
}

}  // namespace mote::process::detail
