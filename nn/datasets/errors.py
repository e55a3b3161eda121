"""What can go wrong with data files. What the system refuses (a missing file, no permission) is an OSError as ever."""


class DataError(ValueError):
    """A data file is damaged, or is not the file it should be."""


class DownloadError(OSError):
    """A data file could not be downloaded, or the download not be kept."""
