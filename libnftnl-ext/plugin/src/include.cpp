// SPDX-License-Identifier: GPL-2.0-only
//
// The same search as that of include_glob() and scanner_include_file() in nft.
#include "include.hpp"

#include <glob.h>

#include <iterator>

namespace rmirror::plugin {

namespace {

std::vector<std::string> glob_files(const std::string &pattern) {
    std::vector<std::string> files;
    glob_t found{};
    if (glob(pattern.c_str(), GLOB_NOESCAPE | GLOB_MARK, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; i++)
            if (std::string path = found.gl_pathv[i]; !path.ends_with('/'))
                files.push_back(std::move(path));
    globfree(&found);
    return files;
}

bool is_searched(std::string_view pattern) {
    return !pattern.starts_with("./") && !pattern.starts_with("../") && !pattern.starts_with('/');
}

}  // namespace

std::vector<std::string> included_files(std::string_view pattern,
                                        const std::vector<std::string> &include_paths) {
    if (!is_searched(pattern))
        return glob_files(std::string(pattern));
    bool wildcard = pattern.find_first_of("*?[") != pattern.npos;
    std::vector<std::string> files;
    for (const std::string &directory : include_paths) {
        // nft puts them on a stack: those of the last directory are read first.
        std::vector<std::string> more = glob_files(directory + '/' + std::string(pattern));
        files.insert(files.begin(), std::make_move_iterator(more.begin()),
                     std::make_move_iterator(more.end()));
        if (!wildcard && !files.empty())
            break;
    }
    return files;
}

}  // namespace rmirror::plugin
