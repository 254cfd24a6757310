# Writes every archive in every form with np.savez and np.savez_compressed, and says in
# manifest.jsonl which names np.load finds in it.


def save(archive, form, path):
    positional, named = archive.arguments()
    function = np.savez_compressed if 'deflated' in form else np.savez
    with open(path, 'wb') as handle:
        target = Pipe(handle) if form.endswith('pipe') else handle
        function(target, *positional, **named)


def main():
    manifest = open(os.path.join(OUT, 'manifest.jsonl'), 'w')
    report(manifest, environment())
    for archive in ARCHIVES:
        for form in archive.forms:
            name = '%s.%s' % (archive.name, form)
            path = os.path.join(OUT, name)
            row = {'kind': 'archive', 'name': archive.name, 'form': form, 'file': name}
            try:
                save(archive, form, path)
            except Exception as error:
                os.unlink(path)
                row['error'] = error_text(error)
            else:
                loaded = np.load(path, **LOAD_OPTIONS)
                row['files'] = list(loaded.files)
                loaded.close()
            report(manifest, row)
    manifest.close()


main()
