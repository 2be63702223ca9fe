#include <mote/node/detail/identity.hpp>

#include <mote/functions/constraint.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace mote::node {
namespace detail {
namespace {

constexpr std::size_t most_host_name = 32;
constexpr std::size_t longest_id = 44;  // with the rest of it a control group has a name

bool is_letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A name for a key and a cgroup: of the machine, so that a person knows it, and of chance.
std::string new_id() {
    auto id = host_name().substr(0, most_host_name);
    std::transform(id.begin(), id.end(), id.begin(),
                   [](unsigned char c) { return static_cast<char>(std::isalnum(c) != 0 ? std::tolower(c) : '-'); });
    // Its end, as all of one process begin alike.
    constexpr std::size_t of_chance = 8;
    const auto chance = nats::next_nuid();
    return id + '-' + chance.substr(chance.size() - of_chance);
}

/// The id that this directory has had since the first start.
std::string kept_id(const std::filesystem::path& directory) {
    const auto path = directory / "id";
    std::string id;
    if (std::ifstream in(path); in && std::getline(in, id) && !id.empty()) return id;
    id = new_id();
    std::ofstream out(path);
    out << id << '\n';
    out.flush();
    if (!out)
        throw boost::system::system_error(boost::system::errc::make_error_code(boost::system::errc::io_error),
                                          path.string());
    return id;
}

}  // namespace

std::string host_name() {
    std::array<char, 256> text{};
    if (::gethostname(text.data(), text.size() - 1) != 0) return "localhost";
    return text.data();
}

std::string identify(const node_options& opts) {
    auto id = opts.id.empty() ? kept_id(opts.directory) : opts.id;
    if (!is_node_id(id))
        functions::throw_error(functions::errc::bad_setting, "a node's id \"" + id.substr(0, longest_id) + "\"");
    return id;
}

functions::text_map labels_of(const node_options& opts, const std::string& id) {
    functions::text_map labels;
    for (const auto& [name, value] : opts.labels) {
        if (!is_own_label(name, value))
            functions::throw_error(functions::errc::bad_setting, "a node's label \"" + name + '=' + value + '"');
        labels.emplace(name, value);
    }
    utsname machine{};
    ::uname(&machine);
    std::string system(machine.sysname);
    for (char& c : system) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    labels.emplace("node.id", id);
    labels.emplace("node.hostname", host_name());
    labels.emplace("node.platform.os", std::move(system));
    labels.emplace("node.platform.arch", machine.machine);
    return labels;
}

}  // namespace detail

bool is_node_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= detail::longest_id &&
           std::ranges::all_of(text, [](char c) { return detail::is_letter_or_digit(c) || c == '-'; });
}

bool is_own_label(std::string_view name, std::string_view value) noexcept {
    return functions::is_node_label(name, value) && !name.starts_with("node.");
}

}  // namespace mote::node
