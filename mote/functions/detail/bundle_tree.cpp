#include <mote/functions/detail/bundle_tree.hpp>

#include <mote/functions/detail/files.hpp>
#include <mote/json/utf8.hpp>

#include <optional>

namespace mote::functions::detail {
namespace {

constexpr std::size_t longest_part = 255;
constexpr std::size_t most_links = 40;  // that Linux follows for one path
constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// Takes the first part off a path. Empty for `//`.
std::string_view take_part(std::string_view& rest) noexcept {
    const auto end = rest.find('/');
    const auto part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return part;
}

bool is_here(std::string_view part) noexcept { return part.empty() || part == "."; }

void check_characters(std::string_view entry, std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const auto length = json::utf8_length(text.data() + at, text.data() + text.size());
        if (length == 0) refuse_entry(entry, "not UTF-8");
        const bool high_control = length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
        if (byte < 0x20 || byte == 0x7f || high_control) refuse_entry(entry, "a control character in a name");
        at += length;
    }
}

}  // namespace

struct bundle_tree::walk {
    explicit walk(std::size_t nodes) : found(nodes), under_way(nodes, false) {}
    std::vector<std::optional<place>> found;
    std::vector<bool> under_way;
    std::size_t depth = 0;
};

bundle_tree::bundle_tree(const bundle_limits& limits) : limits_(limits), nodes_(1) {}

std::string bundle_tree::checked_path(std::string_view path) const {
    if (path.empty()) refuse_entry(path, "an entry without a name");
    if (path.size() > limits_.path_bytes)
        refuse_entry(path, "a path of more than " + std::to_string(limits_.path_bytes) + " bytes");
    check_characters(path, path);
    if (path.front() == '/') refuse_entry(path, "an absolute path");
    std::string checked;
    std::size_t depth = 0;
    for (auto rest = path; !rest.empty();) {
        const auto part = take_part(rest);
        if (is_here(part)) continue;
        if (part == "..") refuse_entry(path, "a path with ..");
        if (part.size() > longest_part) refuse_entry(path, "a name of more than 255 bytes");
        if (++depth > limits_.depth)
            refuse_entry(path, "more than " + std::to_string(limits_.depth) + " directories deep");
        if (!checked.empty()) checked += '/';
        checked += part;
    }
    return checked;
}

std::size_t bundle_tree::add_node(std::size_t parent, std::string_view name, std::string_view path) {
    if (size() >= limits_.entries) refuse_entry(path, "more than " + std::to_string(limits_.entries) + " entries");
    const auto at = nodes_.size();
    auto& added = nodes_.emplace_back();
    added.parent = parent;
    added.name = name;
    nodes_[parent].children.emplace(name, at);
    return at;
}

void bundle_tree::add(std::string_view path, node_kind kind, std::string_view target) {
    if (kind == node_kind::link) {
        if (target.empty()) refuse_entry(path, "a link to nothing");
        if (target.size() > limits_.path_bytes) refuse_entry(path, "a link that is too long");
        check_characters(path, target);
        if (target.front() == '/') refuse_entry(path, "a link to an absolute path");
    }
    std::size_t at = 0;
    bool is_new = false;
    for (auto rest = path; !rest.empty();) {
        const auto part = take_part(rest);
        if (nodes_[at].kind == node_kind::link) refuse_entry(path, "an entry through a link");
        if (nodes_[at].kind == node_kind::file) refuse_entry(path, "an entry under a file");
        const auto known = nodes_[at].children.find(part);
        is_new = known == nodes_[at].children.end();
        at = is_new ? add_node(at, part, path) : known->second;
    }
    auto& entry = nodes_[at];
    if (!is_new && (kind != node_kind::directory || entry.kind != node_kind::directory))
        refuse_entry(path.empty() ? "." : path, "an entry over another one");
    entry.kind = kind;
    entry.target = target;
}

std::size_t bundle_tree::find(std::string_view path) const {
    std::size_t at = 0;
    for (auto rest = path; !rest.empty();) {
        const auto known = nodes_[at].children.find(take_part(rest));
        if (known == nodes_[at].children.end()) return nowhere;
        at = known->second;
    }
    return at;
}

bool bundle_tree::is_file(std::string_view path) const {
    const auto at = find(path);
    return at != nowhere && nodes_[at].kind == node_kind::file;
}

std::string bundle_tree::path_of(std::size_t at) const {
    std::string path;
    for (; at != 0; at = nodes_[at].parent) path = path.empty() ? nodes_[at].name : nodes_[at].name + '/' + path;
    return path;
}

void bundle_tree::check_links() const {
    walk known(nodes_.size());
    for (std::size_t at = 0; at < nodes_.size(); ++at)
        if (nodes_[at].kind == node_kind::link) follow(at, known);
}

// Each link is walked once, so that links over links cost no more than their own lengths.
bundle_tree::place bundle_tree::follow(std::size_t link, walk& known) const {
    if (known.found[link]) return *known.found[link];
    if (known.under_way[link]) refuse_entry(path_of(link), "a link that goes in circles");
    if (++known.depth > most_links) refuse_entry(path_of(link), "a link over too many others");
    known.under_way[link] = true;
    place now;
    now.at = nodes_[link].parent;
    now.links = 1;
    for (std::string_view rest = nodes_[link].target; !rest.empty();) {
        const auto part = take_part(rest);
        if (is_here(part)) continue;
        if (part == "..") {
            if (now.missing == 0 && now.at == 0) refuse_entry(path_of(link), "a link that leaves the bundle");
            if (now.missing > 0) {
                --now.missing;
            } else {
                now.at = nodes_[now.at].parent;
            }
            continue;
        }
        const auto& children = nodes_[now.at].children;
        const auto child = now.missing > 0 ? children.end() : children.find(part);
        if (child == children.end()) {
            ++now.missing;
        } else if (nodes_[child->second].kind != node_kind::link) {
            now.at = child->second;
        } else {
            const auto behind = follow(child->second, known);
            now.at = behind.at;
            now.missing = behind.missing;
            now.links += behind.links;
        }
        if (now.links > most_links) refuse_entry(path_of(link), "a link over too many others");
    }
    --known.depth;
    known.under_way[link] = false;
    known.found[link] = now;
    return now;
}

void bundle_tree::for_each(
    const std::function<void(std::string_view path, node_kind kind, std::string_view target)>& see) const {
    struct level {
        std::size_t at;
        std::size_t path_size;
    };
    std::string path;
    std::vector<level> open{{0, 0}};
    while (!open.empty()) {
        const auto [at, path_size] = open.back();
        open.pop_back();
        path.resize(path_size);
        if (at != 0) {
            if (!path.empty()) path += '/';
            path += nodes_[at].name;
            see(path, nodes_[at].kind, nodes_[at].target);
        }
        const auto& children = nodes_[at].children;
        for (auto child = children.rbegin(); child != children.rend(); ++child)
            open.push_back({child->second, path.size()});
    }
}

}  // namespace mote::functions::detail
