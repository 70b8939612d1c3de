package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
)

//go:embed assets/*.css assets/*.js assets/*.svg assets/vendor/*.js assets/vendor/*.css
var assetFiles embed.FS

// assetPaths are the URLs of the assets by their names: with a digest of their
// content, so that a browser never takes an old one for a new one.
var assetPaths, assetContent = readAssets()

func readAssets() (paths map[string]string, content map[string][]byte) {
	paths, content = make(map[string]string), make(map[string][]byte)
	err := fs.WalkDir(assetFiles, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		digest := sha256.Sum256(data)
		base := path.Base(name)
		paths[base] = Prefix + "/assets/" + base + "?" + hex.EncodeToString(digest[:6])
		content[base] = data
		return nil
	})
	if err != nil {
		panic(err) // the files are embedded above
	}
	return paths, content
}

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	data, known := assetContent[name]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", assetTypes[path.Ext(name)])
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	_, _ = w.Write(data) // the client may have gone
}
