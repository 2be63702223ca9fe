#include <mote/node/detail/launch.hpp>

#include <mote/functions/error.hpp>
#include <mote/functions/quantities.hpp>
#include <mote/node/detail/function_source.hpp>
#include <mote/node/detail/own_names.hpp>
#include <mote/node/error.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sys/resource.h>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;

constexpr std::string_view secrets_directory = "/var/openfaas/secrets/";
constexpr std::string_view search_path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
constexpr unsigned secret_mode = 0400;
constexpr std::uint64_t most_processes = 4096;  // of one replica, against one that forks without end

/// Of one process of a function. Descriptors that are under way in sockets the kernel counts by user, and who has passed his
/// own limit may send no more. Without root we and functions are one user: with less than we have they cannot keep us from
/// handing pipes to spawn servers.
std::uint64_t most_open_files() noexcept {
    constexpr std::uint64_t least = 3;
    rlimit ours{};
    if (::getrlimit(RLIMIT_NOFILE, &ours) != 0) return least;
    return std::max<std::uint64_t>(ours.rlim_cur / 2, least);
}

/// Of our own program, wherever it lies: `/proc/self/exe` means another one where it is looked up.
std::string resolved(const std::string& program) {
    std::error_code failed;
    const auto real = std::filesystem::canonical(program, failed);
    return failed ? program : real.string();
}

}  // namespace

std::chrono::nanoseconds start_patience(const node_options& opts, const functions::description& what) {
    const auto longer = [&what](const char* probe) { return functions::probe_settings::of(what, probe).initial_delay; };
    return opts.start_timeout + std::max(longer("health"), longer("ready"));
}

launch::launch(node_parts& parts, functions::description what)
    : parts_(parts.shared_from_this()), name_(what.name()), what_(std::move(what)), sandboxed_(parts.has_sandbox()) {}

asio::awaitable<std::shared_ptr<launch>> launch::prepare(node_parts& parts, functions::description what) {
    std::shared_ptr<launch> made(new launch(parts, std::move(what)));
    co_await made->fetch_bundle();
    made->read_settings();
    co_await made->read_secrets();
    co_return made;
}

asio::awaitable<void> launch::fetch_bundle() {
    auto source = co_await find_source(parts_, what_);
    bundle_ = std::move(source.bundle);
    variables_ = std::move(source.all);
    if (source.built_in != functions::built_in_kind::http_echo) co_return;
    program_ = parts_->opts.http_echo;
    if (program_.empty()) throw_error(errc::not_supported, "functions/http-echo: this node has no program for it");
}

void launch::read_settings() {
    if (!program_.empty()) variables_["fprocess"] = program_.front();  // whatever was said: it is ours
    settings_ = read_watchdog_settings(variables_);
    if (settings_.ready_path.empty()) settings_.ready_path = functions::probe_settings::of(what_, "ready").path;
    health_ = functions::probe_settings::of(what_, "health");
    check_network();
}

/// What a process cannot do in the sandbox that it gets.
void launch::check_network() const {
    if (!sandboxed_) return;
    const bool listens = settings_.mode == run_mode::http;
    const bool by_file = settings_.upstream && !settings_.upstream->unix_path.empty();
    if (has_no_network() && ((listens && !by_file) || settings_.mode == run_mode::micro))
        throw_error(errc::not_supported,
                    "mode=\"" + std::string(to_string(settings_.mode)) + "\" with mote.network=none");
    if (!listens || !by_file) return;
    // The directory is replaced by one of ours.
    const auto directory = std::filesystem::path(settings_.upstream->unix_path).parent_path();
    if (directory == "/" || directory == bundle_home)
        functions::throw_error(functions::errc::bad_setting,
                               "upstream_url=\"unix:" + settings_.upstream->unix_path +
                                   "\": in a sandbox its directory has nothing else in it, such as /run or /tmp");
}

bool launch::has_one_place() const noexcept {
    return settings_.mode == run_mode::http && settings_.upstream &&
           (!sandboxed_ || settings_.upstream->unix_path.empty());
}

bool launch::shares_place_with(const launch& other) const noexcept {
    return has_one_place() && other.has_one_place() && settings_.upstream == other.settings_.upstream;
}

asio::awaitable<void> launch::read_secrets() {
    if (!what_.wanted.secrets) co_return;
    const std::set<std::string> names(what_.wanted.secrets->begin(), what_.wanted.secrets->end());  // each once
    for (const auto& one : names) {
        process::sandbox::text_file file;
        file.path = std::string(secrets_directory) + one;
        file.content = co_await parts_->secrets.read(functions::secret_name::parse(one, name_.space), parts_->key);
        file.mode = secret_mode;
        secrets_.push_back(std::move(file));
    }
    if (!secrets_.empty() && !sandboxed_)
        functions::throw_error(functions::errc::bad_setting, "secrets need a sandbox, and this node has none");
}

std::optional<std::uint64_t> launch::memory_limit() const {
    if (!what_.wanted.limits) return std::nullopt;
    const auto& text = what_.wanted.limits->memory;
    return text && !text->empty() ? std::optional(functions::bytes_of(*text)) : std::nullopt;
}

std::string launch::out_of_memory() const {
    const auto limit = memory_limit();
    return ", out of memory: " + (limit ? "limits.memory is " + *what_.wanted.limits->memory : "the machine's");
}

process::sandbox launch::box() const {
    process::sandbox result;
    if (bundle_ != nullptr) result.bundle = bundle_->root.string();
    result.files = secrets_;
    result.read_only_root = what_.wanted.read_only.value_or(false);
    if (has_no_network()) result.net = process::sandbox::network::none;
    // Its pages count as memory: a full one must leave enough for who is to clear it.
    if (const auto memory = memory_limit()) result.tmp_size = std::max<std::uint64_t>(*memory / 2, 1);
    return result;
}

process::command launch::command(std::vector<std::pair<std::string, std::string>> more, where place,
                                 const sandbox_extras& extras) const {
    process::command result;
    auto words = program_.empty() ? settings_.command : program_;
    if (words.empty()) functions::throw_error(functions::errc::bad_setting, "fprocess: says no command");
    if (!program_.empty()) words[0] = resolved(words[0]);
    result.program = words[0];
    result.arguments.assign(words.begin() + 1, words.end());
    result.limits.open_files = most_open_files();
    const std::string at_home = sandboxed_           ? std::string(bundle_home)
                                : bundle_ != nullptr ? bundle_->root.string()
                                                     : "/tmp";
    result.directory = at_home;

    variables all = variables_;
    all.emplace("PATH", std::string(search_path));
    all.emplace("HOME", at_home);
    all.emplace("LANG", "C.UTF-8");
    all["OPENFAAS_NAME"] = name_.name;
    all["OPENFAAS_NAMESPACE"] = name_.space;
    for (auto& [name, value] : more) all[name] = std::move(value);
    result.environment.assign(all.begin(), all.end());
    if (place == where::inside || !sandboxed_) return result;
    auto around = box();
    if (!program_.empty()) around.read_only.emplace_back(result.program, result.program);
    if (!extras.here.empty()) around.writable.emplace_back(extras.here, extras.inside);
    around.files.insert(around.files.end(), extras.files.begin(), extras.files.end());
    return process::in_sandbox(std::move(result), around);
}

std::unique_ptr<process::command> launch::spawn_server() const {
    if (!sandboxed_ || parts_->opts.spawn_server.empty()) return nullptr;
    auto result = std::make_unique<process::command>();
    const auto& words = parts_->opts.spawn_server;
    result->program = "/run/spawn";
    result->arguments.assign(words.begin() + 1, words.end());
    result->limits.open_files = most_open_files();
    auto around = box();
    around.read_only.emplace_back(resolved(words[0]), result->program);
    *result = process::in_sandbox(std::move(*result), around);
    return result;
}

process::control_group launch::group(const std::string& replica) const {
    process::group_limits limits;
    limits.processes = most_processes;
    limits.memory = memory_limit();
    if (what_.wanted.limits) {
        const auto& texts = *what_.wanted.limits;
        if (texts.cpu && !texts.cpu->empty()) limits.millicores = functions::millicores_of(*texts.cpu);
    }
    const auto own = replica.substr(parts_->id.size() + 1);  // the id is said before
    return process::control_group::create(own_name(parts_->id, own), limits);
}

}  // namespace mote::node::detail
